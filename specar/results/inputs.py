from specar.results.rows import setting_label

__all__ = ["setting_label"]
