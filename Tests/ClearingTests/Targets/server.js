// A server for the tests of room Clearing; see target.c for what it answers.
const net = require("net");

let failures = 0;
const kept = [];

const server = net.createServer({ allowHalfOpen: true }, (connection) => {
  connection.on("data", (line) => {
    if (line.toString().startsWith("status")) line = `failures ${failures} lost 0\n`;
    connection.write(line);
    if (line.toString().startsWith("keep")) {
      kept.push(connection); // never ended: the leak
      connection.isKept = true;
      connection.pause();
    }
  });
  connection.on("end", () => {
    if (!connection.isKept) connection.end();
  });
  connection.on("error", () => {
    // A kept one that was reset is no failure of a call that the program made.
    if (!connection.isKept) failures += 1;
  });
});
server.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 }, () => console.log("ready"));
