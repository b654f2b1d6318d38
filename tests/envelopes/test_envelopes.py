"""A log gives the same workload through every transport, as if nothing had been wrapped around it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from advisor.workload.model import Workload
from tests.envelopes.conftest import Logs, Read

PRIMARY = re.compile(r"(.*?)(ERROR|LOG|FATAL|WARNING|NOTICE):  (.*)", re.DOTALL)
BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def numbers(workload: Workload) -> list[tuple[object, ...]]:
    """Return what a capture holds, in comparable form."""
    return sorted(
        (query.id, query.calls, round(query.total_ms, 3), query.failed, len(query.samples),
         tuple(sample.parameters or () for sample in query.samples))
        for query in workload.queries
        if query.calls  # a failed statement is named by a STATEMENT line, which some transports drop
    )  # fmt: skip


def lines(log: bytes) -> Iterator[tuple[datetime, bytes]]:
    """Yield each physical line with a time that grows."""
    for number, line in enumerate(log.rstrip(b"\n").split(b"\n")):
        yield BEGIN + timedelta(milliseconds=7 * number), line


def messages(log: bytes) -> Iterator[tuple[datetime, str]]:
    """Yield each record with its continuation lines."""
    record: list[bytes] = []
    for _, line in lines(log):
        if record and not line.startswith(b"\t"):
            yield BEGIN, b"\n".join(record).decode()
            record = []
        record.append(line)
    yield BEGIN, b"\n".join(record).decode()


def iso(time: datetime, digits: int = 3, zone: str = "Z") -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond:06d}000"[: 20 + digits] + zone


# What each transport makes of a log -----------------------------------------------------------------------------------


def cloudwatch(log: bytes) -> bytes:
    return b"".join(iso(time).encode() + b" " + line + b"\n" for time, line in lines(log))


def cloudwatch_tail(log: bytes) -> bytes:
    stamp = "2026-03-01T12:00:00.123000+00:00 shop/instance.0 "
    return b"".join((stamp + text + "\n").encode() for _, text in messages(log))


def cloudwatch_events(log: bytes) -> bytes:
    events = [
        {"logStreamName": "shop.0", "timestamp": 1772366400000 + number, "message": text, "ingestionTime": 1}
        for number, (_, text) in enumerate(messages(log))
    ]
    return json.dumps({"events": events, "searchedLogStreams": []}, indent=4).encode()


def subscription(log: bytes) -> bytes:
    found = [
        {"id": "3", "timestamp": 1772366400000 + at, "message": text} for at, (_, text) in enumerate(messages(log))
    ]
    batches = [found[at : at + 5] for at in range(0, len(found), 5)]
    return b"".join(
        json.dumps({"messageType": "DATA_MESSAGE", "owner": "1", "logEvents": batch}).encode() + b"\n"
        for batch in batches
    )


def log_entry(time: datetime, text: str) -> dict[str, object]:
    return {
        "insertId": "s=1;i=2",
        "logName": "projects/x/logs/cloudsql.googleapis.com%2Fpostgres.log",
        "receiveTimestamp": "2026-03-01T12:30:00.846932756Z",
        "resource": {"labels": {"database_id": "x:shop", "region": "europe"}, "type": "cloudsql_database"},
        "severity": "INFO",
        "textPayload": text,
        "timestamp": iso(time, 6),
    }


def entries(log: bytes) -> list[dict[str, object]]:
    return [log_entry(BEGIN + timedelta(seconds=n), text) for n, (_, text) in enumerate(messages(log))]


def cloud_sql_lines(log: bytes) -> bytes:
    return b"".join(json.dumps(entry).encode() + b"\n" for entry in entries(log))


def cloud_sql_download(log: bytes) -> bytes:
    return json.dumps(entries(log)[::-1], indent=2).encode()


def cloud_sql_array(log: bytes) -> bytes:
    return json.dumps([dict(reversed(entry.items())) for entry in entries(log)]).encode()


def cloud_sql_entry_per_line(log: bytes) -> bytes:
    found = [log_entry(time, line.decode()) for time, line in lines(log)]
    return b"".join(json.dumps(entry).encode() + b"\n" for entry in found)


def azure_records(log: bytes) -> list[dict[str, object]]:
    """Return Event Hub records: DETAIL in a field of the record it belongs to, CONTEXT and STATEMENT lost."""
    found: list[dict[str, object]] = []
    for _, text in messages(log):
        prefix, _, rest = text.partition("DETAIL:  ")
        if rest and "LOG:  " not in prefix:
            found[-1]["properties"]["detail"] = rest.replace("\n\t", "\n")  # type: ignore[index]
        elif match := PRIMARY.fullmatch(text):
            found.append({
                "category": "PostgreSQLLogs", "operationName": "LogEvent", "location": "westeurope",
                "resourceId": "/SUBSCRIPTIONS/1/RESOURCEGROUPS/2/PROVIDERS/MICROSOFT.DBFORPOSTGRESQL/SERVERS/SHOP",
                "time": iso(BEGIN + timedelta(seconds=len(found))),
                "properties": {"timestamp": "2026-03-01 12:00:00.450 UTC", "processId": 1, "errorLevel": match[2],
                               "sqlerrcode": "00000", "message": text.replace("\n\t", "\n")},
            })  # fmt: skip
    return found


def azure_event_hub(log: bytes) -> bytes:
    records = azure_records(log)
    return b"".join(json.dumps({"records": records[at : at + 4]}).encode() + b"\n" for at in range(0, len(records), 4))


def azure_storage(log: bytes) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\r\n" for record in azure_records(log))


def azure_single_server(log: bytes) -> bytes:
    records = azure_records(log)
    for record in records:
        properties: dict[str, str] = record["properties"]  # type: ignore[assignment]
        match = PRIMARY.fullmatch(properties["message"])
        assert match is not None
        properties["prefix"], properties["message"] = match[1], match[3]
        record["LogicalServerName"] = "shop"
    return json.dumps({"records": records}, indent=1).encode()


def analytics(log: bytes) -> list[dict[str, str]]:
    return [
        {"TenantId": "1", "TimeGenerated [UTC]": str(record["time"]), "ResourceProvider": "MICROSOFT.DBFORPOSTGRESQL",
         "errorLevel_s": record["properties"]["errorLevel"], "timestamp_s": record["properties"]["timestamp"],  # type: ignore[index]
         "Message": record["properties"]["message"], "detail_s": record["properties"].get("detail", "")}  # type: ignore[index]
        for record in azure_records(log)
    ]  # fmt: skip


def azure_analytics_json(log: bytes) -> bytes:
    return json.dumps(analytics(log), indent=2).encode()


def azure_analytics_query(log: bytes) -> bytes:
    rows = analytics(log)
    columns = [{"name": name, "type": "string"} for name in rows[0]]
    table = {"name": "PrimaryResult", "columns": columns, "rows": [list(row.values()) for row in rows]}
    return json.dumps({"tables": [table]}).encode()


def azure_analytics_csv(log: bytes) -> bytes:
    written = io.StringIO()
    writer = csv.DictWriter(written, list(analytics(log)[0]))
    writer.writeheader()
    writer.writerows(analytics(log)[::-1])
    return b"\xef\xbb\xbf" + written.getvalue().encode()


def logplex(log: bytes) -> bytes:
    """Return the lines Heroku sends: a message in numbered parts, only the first with its prefix."""
    sent = [b'2026-03-01T12:00:00.000000+00:00 heroku[router]: at=info method=GET path="/"']
    for number, (_, text) in enumerate(messages(log)):
        for part, line in enumerate(text.split("\n"), start=1):
            stamp = iso(BEGIN + timedelta(seconds=number), 6, "+00:00")
            sent.append(f"{stamp} app[postgres.{100 + number % 2}]: [BLUE] [{number}-{part}] {line}".encode())
    return b"\n".join(sent) + b"\n"


def cloudnative_pg(log: bytes) -> bytes:
    """Return the operator's lines for a csvlog."""
    names = [
        "log_time", "user_name", "database_name", "process_id", "connection_from", "session_id",
        "session_line_num", "command_tag", "session_start_time", "virtual_transaction_id", "transaction_id", "error_severity",
        "sql_state_code", "message", "detail", "hint", "internal_query", "internal_query_pos",
        "context", "query", "query_pos", "location", "application_name", "backend_type",
        "leader_pid", "query_id",
    ]  # fmt: skip
    sent = [b'{"level":"info","ts":"2026-03-01T12:00:00Z","logger":"instance-manager","msg":"Starting"}']
    for row in csv.reader(io.StringIO(log.decode())):
        outer = {"level": "info", "ts": "2026-03-01T12:00:00.1Z", "logger": "postgres", "msg": "record",
                 "logging_pod": "shop-1", "record": dict(zip(names, row, strict=True))}  # fmt: skip
        sent.append(json.dumps(outer, separators=(",", ":")).encode())
    return b"\n".join(sent) + b"\n"


def runtime(log: bytes) -> bytes:
    """Return a container runtime's file; lines over 200 bytes are split into parts."""
    sent = []
    for time, line in lines(log):
        stamp = iso(time, 9).encode()
        while len(line) > 200:
            sent.append(stamp + b" stderr P " + line[:200])
            line = line[200:]
        sent.append(stamp + b" stderr F " + line)
    return b"\n".join(sent) + b"\n"


def kubectl(log: bytes) -> bytes:
    return b"".join(iso(time, 9).encode() + b" " + line + b"\n" for time, line in lines(log))


def kubectl_prefix(log: bytes) -> bytes:
    return b"".join(b"[pod/shop-0/postgres] " + line + b"\n" for _, line in lines(log))


def docker_file(log: bytes) -> bytes:
    """Return json-file lines; lines over 300 characters are split, and only the last part ends with a newline."""
    sent = []
    for time, line in lines(log):
        text = line.decode() + "\n"
        for at in range(0, len(text), 300):
            sent.append({"log": text[at : at + 300], "stream": "stderr", "time": iso(time, 9)})
    return b"".join(json.dumps(one, separators=(",", ":")).encode() + b"\n" for one in sent)


def compose(log: bytes) -> bytes:
    return b"".join(b"db-1  | " + line + b"\n" for _, line in lines(log))


def logcli_jsonl(log: bytes) -> bytes:
    sent = [
        {"labels": {"app": "postgres"}, "line": line.decode(), "timestamp": iso(time, 9)} for time, line in lines(log)
    ]
    return b"".join(json.dumps(one, separators=(",", ":")).encode() + b"\n" for one in reversed(sent))


def logcli_text(log: bytes) -> bytes:
    return b"".join(
        iso(time, 0, "Z").replace(".", "").encode() + b' {app="postgres"} ' + line + b"\n" for time, line in lines(log)
    )


def loki_api(log: bytes) -> bytes:
    values = [[str(int(time.timestamp() * 1e9)), line.decode()] for time, line in lines(log)]
    result = [{"stream": {"app": "postgres"}, "values": values[::-1]}]
    return json.dumps({"status": "success", "data": {"resultType": "streams", "result": result}}).encode()


def cloudwatch_console(log: bytes) -> bytes:
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(["timestamp", "message"])
    for number, (_, text) in reversed(list(enumerate(messages(log)))):
        writer.writerow([1772366400000 + number, text])
    return written.getvalue().encode()


def logs_insights(log: bytes) -> bytes:
    written = io.StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_ALL)
    writer.writerow(["@timestamp", "@logStream", "@message"])
    for number, (_, text) in enumerate(messages(log)):
        writer.writerow([f"2026-03-01 12:{number // 60:02}:{number % 60:02}.000", "shop.0", text])
    return written.getvalue().encode()


def journal(log: bytes) -> bytes:
    sent = []
    for number, (_, line) in enumerate(lines(log)):
        message: object = list(line) if number % 5 == 0 else line.decode()
        sent.append({"__REALTIME_TIMESTAMP": str(1772366400000000 + number), "_PID": "7", "MESSAGE": message})
    return b"".join(json.dumps(one).encode() + b"\n" for one in sent)


TRANSPORTS: dict[str, tuple[Callable[[bytes], bytes], str, str]] = {
    "CloudWatch export, RDS prefix": (cloudwatch, "rds", "CloudWatch"),
    "CloudWatch export, RDS rich prefix": (cloudwatch, "rds rich", "CloudWatch"),
    "CloudWatch tail": (cloudwatch_tail, "rds", "CloudWatch"),
    "CloudWatch events": (cloudwatch_events, "rds rich", "CloudWatch"),
    "CloudWatch subscription": (subscription, "rds", "CloudWatch"),
    "CloudWatch console": (cloudwatch_console, "rds", "CloudWatch CSV"),
    "CloudWatch Logs Insights": (logs_insights, "rds rich", "CloudWatch CSV"),
    "systemd journal": (journal, "plain", "journald"),
    "Cloud SQL, an entry a line": (cloud_sql_lines, "cloud sql", "Google Cloud LogEntry"),
    "Cloud SQL, downloaded": (cloud_sql_download, "cloud sql", "Google Cloud LogEntry"),
    "Cloud SQL, one array": (cloud_sql_array, "cloud sql", "Google Cloud LogEntry"),
    "Cloud SQL, an entry per physical line": (cloud_sql_entry_per_line, "cloud sql", "Google Cloud LogEntry"),
    "Cloud SQL without time": (cloud_sql_lines, "cloud sql timeless", "Google Cloud LogEntry"),
    "Azure Event Hub": (azure_event_hub, "azure", "Azure"),
    "Azure storage": (azure_storage, "azure", "Azure"),
    "Azure single server": (azure_single_server, "azure", "Azure"),
    "Azure Log Analytics JSON": (azure_analytics_json, "azure", "Azure"),
    "Azure Log Analytics query": (azure_analytics_query, "azure", "Azure"),
    "Azure Log Analytics CSV": (azure_analytics_csv, "azure", "Azure Log Analytics CSV"),
    "Heroku": (logplex, "heroku", "Heroku logplex"),
    "Heroku, new prefix": (logplex, "heroku rich", "Heroku logplex"),
    "Kubernetes runtime": (runtime, "plain", "Kubernetes"),
    "kubectl --timestamps": (kubectl, "plain", "Kubernetes"),
    "kubectl --prefix": (kubectl_prefix, "plain", "Kubernetes"),
    "Docker json-file": (docker_file, "plain", "Docker"),
    "docker compose": (compose, "plain", "Docker"),
    "Loki, JSON lines": (logcli_jsonl, "plain", "Loki"),
    "Loki, text": (logcli_text, "plain", "Loki"),
    "Loki API": (loki_api, "plain", "Loki"),
    "Docker in Kubernetes": (lambda log: runtime(docker_file(log)), "plain", "Kubernetes"),
}


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_every_transport_gives_what_the_bare_log_gives(transport: str, logs: Logs, captured: Read) -> None:
    wrap, prefix, name = TRANSPORTS[transport]
    log = logs.stderr[prefix]
    workload = captured(wrap(log))
    assert name in workload.inputs[0].kind
    assert sum(query.calls for query in workload.queries) >= 13
    expected = numbers(captured(logs.stderr["plain" if "heroku" in prefix or "timeless" in prefix else prefix]))
    if prefix in ("heroku", "heroku rich", "cloud sql timeless"):
        assert [row[:2] for row in numbers(workload)] == [row[:2] for row in expected]
    else:
        assert numbers(workload) == expected


def test_cloudnative_pg_gives_what_its_csvlog_gives(logs: Logs, captured: Read) -> None:
    workload = captured(cloudnative_pg(logs.csv))
    assert "CloudNativePG" in workload.inputs[0].kind
    assert numbers(workload) == numbers(captured(logs.csv))


@pytest.mark.parametrize("prefix", ["plain", "rds", "rds rich", "cloud sql", "azure"])
def test_a_bare_log_wears_no_envelope(prefix: str, logs: Logs, captured: Read) -> None:
    assert " in " not in captured(logs.stderr[prefix]).inputs[0].kind
