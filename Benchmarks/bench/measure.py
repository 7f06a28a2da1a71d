"""One run of a server: started on a fresh database, warmed, measured, stopped."""

import processes


def run(server, send, warm: int, seconds: float, room: int, database=None) -> dict:
    """Sends `warm` requests, and then as many as take about `seconds`, `room` at most.

    `send(port, first, count)` sends the requests from `first` on.
    """
    first = send(server.port, 0, warm)
    count = max(min(int(first["per_second"] * seconds), room), 50)
    cpu, database_cpu = processes.cpu_seconds(server.pid), database.cpu_seconds() if database else 0
    result = send(server.port, warm, count)
    result["cpu_us"] = (processes.cpu_seconds(server.pid) - cpu) * 1e6 / result["requests"]
    if database and (spent := database.cpu_seconds() - database_cpu):
        result["database_cpu_us"] = spent * 1e6 / result["requests"]
    result["memory_kib"] = processes.memory_kib(server.pid, "VmHWM")
    return result
