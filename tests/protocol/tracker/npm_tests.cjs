/* Runs tests of the npm package bittorrent-tracker, but against `essaim serve`: where they would make a server of
 * their own, a fresh one of ours is started. Says TAP.
 *   node npm_tests.cjs FOLDER-OF-node_modules ESSAIM JSON-LIST-OF-NAMES FILE... */
const { spawn } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const [folder, essaim, names, ...files] = process.argv.slice(2)
const place = path.join(folder, 'node_modules', 'bittorrent-tracker', 'test')
const wanted = new Set(JSON.parse(names))
const tapePath = require.resolve('tape', { paths: [place] })
const tape = require(tapePath)
const running = new Set()

/* Those that look inside their own server, and those of WebSockets, are passed over. */
require.cache[tapePath].exports = (name, ...rest) => wanted.has(name) ? tape(name, ...rest) : undefined

function settings (data) {
  const given = {
    'http.listen': '127.0.0.1:0',
    'tracker.udp_listen': '127.0.0.1:0',
    'tracker.open': 'yes',
    'tracker.allow_private_addresses': 'yes',
    'limits.enabled': 'no'
  }
  return ['serve', '--data', data, ...Object.entries(given).flatMap(([name, value]) => ['--set', `${name}=${value}`])]
}

function createServer (t, options, ready) {
  const type = options.serverType || options
  const data = fs.mkdtempSync(path.join(os.tmpdir(), 'essaim-npm-'))
  const server = spawn(essaim, settings(data), { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  running.add(server)
  server.once('exit', () => {
    running.delete(server)
    fs.rmSync(data, { recursive: true, force: true })
  })
  server.close = (done = () => {}) => {
    server.once('exit', code => {
      if (code !== 0) t.fail(`essaim ended with ${code}`)
      done()
    })
    server.kill('SIGTERM')
  }
  server.stdout.on('data', more => {
    const was = /^ {2}udp .*:(\d+)$/m.test(said)
    said += more
    const http = /^ {2}http .*:(\d+)$/m.exec(said)
    const udp = /^ {2}udp .*:(\d+)$/m.exec(said)
    if (was || !http || !udp) return
    ready(server, type === 'http' ? `http://127.0.0.1:${http[1]}/announce` : `udp://127.0.0.1:${udp[1]}`)
  })
}

const commonPath = require.resolve(path.join(place, 'common.js'))
require(commonPath)
require.cache[commonPath].exports = { createServer }
process.on('exit', () => running.forEach(server => server.kill('SIGKILL')))
files.forEach(file => require(path.join(place, file)))
