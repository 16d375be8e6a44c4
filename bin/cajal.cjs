#!/usr/bin/env node
// Starts cajal on a Node that can run it. Old syntax on purpose: this file must be understood by any Node.
"use strict"
var fs = require("fs")
var path = require("path")

var NEEDED = 24
var root = path.join(path.dirname(fs.realpathSync(__filename)), "..")

function major(version) {
  return parseInt(String(version).replace(/^v/, ""), 10)
}

function startHere() {
  var source = path.join(root, "src", "cli", "main.ts")
  var built = path.join(root, "dist", "src", "cli", "main.js")
  require("module").enableCompileCache()
  require(fs.existsSync(source) ? source : built).main(process.argv.slice(2))
}

function startOn(node) {
  var args = [__filename].concat(process.argv.slice(2))
  var env = Object.assign({}, process.env, { CAJAL_RESTARTED: "1" })
  var child = require("child_process").spawn(node, args, {
    // The channel closes when this process ends, however it ends: the child then stops too.
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: env,
  })
  // The terminal sends Ctrl-C to both; the child decides when to stop. Signals sent to this process alone are passed on.
  process.on("SIGINT", function () {})
  ;["SIGTERM", "SIGHUP"].forEach(function (signal) {
    process.on(signal, function () {
      child.kill(signal)
    })
  })
  child.on("error", function (error) {
    console.error("cajal: cannot start " + node + ": " + error.message)
    process.exitCode = 2
  })
  child.on("exit", function (code, signal) {
    if (signal) {
      process.removeAllListeners(signal)
      process.kill(process.pid, signal)
    } else {
      process.exitCode = code
    }
  })
}

function adviseNode() {
  var advice = fs.existsSync(path.join(root, "scripts", "prepare.cjs"))
    ? "run npm run prepare in " + root + " to fetch one, or install it from nodejs.org"
    : "install it from nodejs.org"
  console.error("cajal: needs Node " + NEEDED + " or newer, this is " + process.version + "; " + advice)
  process.exitCode = 2
}

/** A Node of the right version near the package: its own devDependency, or the one of the project it is installed in. */
function nearbyNode() {
  var binary = path.join("node", "bin", process.platform === "win32" ? "node.exe" : "node")
  var places = [path.join(root, "node_modules", binary), path.join(root, "..", binary)]
  return places.filter(function (place) {
    return fs.existsSync(place)
  })[0]
}

// Started once already: the Node found nearby is too old as well.
var local = process.env.CAJAL_RESTARTED ? undefined : nearbyNode()
if (major(process.version) >= NEEDED) startHere()
else if (local) startOn(local)
else adviseNode()
