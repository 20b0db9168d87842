"""The paper's claims, recounted from its own cells and from ours."""
