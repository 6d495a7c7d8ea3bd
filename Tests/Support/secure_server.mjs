// An HTTPS server on localhost that speaks HTTP/2 and HTTP/1.1 and answers 200. Arguments: key file, certificate file.
// Standard output: the port, then for each request a line with its version, method, path and body.
import http2 from "node:http2";
import { readFileSync } from "node:fs";

const [key, cert] = process.argv.slice(2).map((path) => readFileSync(path));
const server = http2.createSecureServer({ key, cert, allowHTTP1: true }, (request, response) => {
  let body = "";
  request.on("data", (chunk) => (body += chunk));
  request.on("end", () => {
    console.log(`${request.httpVersion} ${request.method} ${request.url} ${body}`);
    response.end();
  });
});
server.listen(0, "localhost", () => console.log(server.address().port));
