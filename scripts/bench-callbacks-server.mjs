// Three endpoints on 127.0.0.1 for scripts/bench-callbacks.sh: a good one, one that answers 503, one that never answers.
// Standard output: their three ports. GET /report of the good one tells, for each phase (the query of the requests), how
// late first attempts were by this host's clock, and how often the others were called.
import http from "node:http";

const phases = new Map();
const calls = { busy: 0, dead: 0 };

function note(request) {
  const phase = request.url.split("?")[1] ?? "";
  if (!phases.has(phase)) phases.set(phase, []);
  phases.get(phase).push(Date.now() - Number(request.headers["clockwork-schedule-time"]));
}

function report() {
  const result = { ...calls };
  for (const [phase, late] of phases) {
    late.sort((a, b) => a - b);
    const at = (share) => late[Math.floor((late.length - 1) * share)];
    result[phase] = { count: late.length, min: late[0], p50: at(0.5), p99: at(0.99), max: at(1) };
  }
  return JSON.stringify(result);
}

const good = http.createServer((request, response) => {
  if (request.url === "/report") return response.end(report());
  note(request);
  request.resume();
  response.end();
});
const busy = http.createServer((request, response) => {
  calls.busy += 1;
  request.resume();
  response.statusCode = 503;
  response.end();
});
const dead = http.createServer((request) => {
  calls.dead += 1;
  request.resume();
});
const servers = [good, busy, dead];
for (const server of servers) {
  server.keepAliveTimeout = 60_000;
  await new Promise((done) => server.listen(0, "127.0.0.1", 1024, done));
}
console.log(servers.map((server) => server.address().port).join(" "));
