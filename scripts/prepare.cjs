// Runs after npm install: makes sure that the Node of the devDependency is there and runs, also where npm held its install
// script back, and links the command so that npx finds it. Plain CommonJS that older versions of Node understand too.
"use strict"
var childProcess = require("child_process")
var fs = require("fs")
var path = require("path")

var root = path.join(__dirname, "..")
var windows = process.platform === "win32"
var modules = path.join(root, "node_modules")
var nodePackage = path.join(modules, "node")
var binary = path.join(nodePackage, "bin", windows ? "node.exe" : "node")

function runs() {
  var answer = childProcess.spawnSync(binary, ["--version"], { encoding: "utf8" })
  return answer.status === 0 && /^v\d+\./.test(answer.stdout)
}

/** Does what the package's own install script does: fetches the build of this platform with npm and links it into bin/. */
function fetchNode() {
  childProcess.spawnSync(process.execPath, ["installArchSpecificPackage"], {
    cwd: nodePackage,
    stdio: ["ignore", "ignore", "inherit"],
    env: Object.assign({}, process.env, { npm_config_dry_run: "false" }),
  })
}

function linkCommand() {
  var folder = path.join(modules, ".bin")
  var link = path.join(folder, "cajal")
  if (windows || !fs.existsSync(folder) || fs.existsSync(link)) return
  try {
    fs.unlinkSync(link)
  } catch (error) {
    if (error.code !== "ENOENT") throw error
  }
  fs.symlinkSync(path.join("..", "..", "bin", "cajal.cjs"), link)
}

if (fs.existsSync(path.join(nodePackage, "package.json")) && !runs()) {
  fetchNode()
  if (!runs()) {
    console.error("cajal: could not fetch Node for this project; with Node 24 or newer installed it works all the same")
  }
}
if (fs.existsSync(modules)) linkCommand()
