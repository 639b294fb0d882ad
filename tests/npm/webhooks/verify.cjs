// Reads {secret, headers, body} lines from standard input and has the public library verify each. Prints "ok" or why not.
"use strict";
const path = require("path");
const readline = require("readline");
const { Webhook } = require(require.resolve("standardwebhooks", { paths: [path.resolve(process.argv[2])] }));

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { secret, headers, body } = JSON.parse(line);
  try {
    const value = new Webhook(secret).verify(body, headers);
    process.stdout.write("ok " + value.type + "\n");
  } catch (fault) {
    process.stdout.write("bad " + fault.message + "\n");
  }
});
