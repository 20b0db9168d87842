"""The tables are written again when what they are made from has changed."""

from specar.config import parse_config
from specar.runs.store import digest_of_results, plan_of


def test_digest_follows_records_failures_and_prepared_data(tmp_path):
    entry = {"task": "classification", "datasets": ["Heartbeat"], "models": ["specar"], "seeds": [1]}
    values = {"results": str(tmp_path), "data": {"dir": str(tmp_path / "data")}, "matrix": [entry]}
    plan = plan_of(parse_config(values))
    (run,) = plan.runs
    files = [
        plan.own_record_file(run),
        plan.records / run / "status.json",
        plan.prepared / "Heartbeat/meta.json",
    ]
    digests = [digest_of_results(plan)]
    for path in files:
        assert digest_of_results(plan) == digests[-1]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
        digests.append(digest_of_results(plan))
    files[0].write_text("{} ")
    digests.append(digest_of_results(plan))
    assert len(set(digests)) == 5
    (plan.records / run / "history.jsonl").write_text("")
    assert digest_of_results(plan) == digests[-1]
