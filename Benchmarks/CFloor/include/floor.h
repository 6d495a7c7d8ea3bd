#ifndef CLOCKWORK_FLOOR_H
#define CLOCKWORK_FLOOR_H

/// The floor that `clockwork-bench` measures a pod against: what remains of a scheduler when everything is left out that
/// can be. It reads every partition of `intake`, keeps the records as librdkafka has them in a heap ordered by the 13
/// digits (epoch milliseconds) that each value begins with, and produces value and key to `delivery` when they are due.
/// No group, no commit, no store, no JSON, no headers, nothing that survives the process.
///
/// Writes the line "ready" to standard output once it reads, and runs until a signal ends the process.
///
/// - Parameter intake_partitions: how many partitions `intake` has.
/// - Returns: an exit code, if the system refuses something.
int floor_run(const char *brokers, const char *intake, int intake_partitions, const char *delivery,
              int fetch_wait_ms);

#endif
