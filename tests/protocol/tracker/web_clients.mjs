/* Clients of the npm package bittorrent-tracker against a tracker. Prints what happened as JSON.
 *   node web_clients.mjs FOLDER-OF-node_modules WORD JSON */
import { pathToFileURL } from 'node:url'
import path from 'node:path'

const [folder, word, given] = process.argv.slice(2)
const load = async name => (await import(pathToFileURL(path.join(folder, 'node_modules', name)))).default
const Client = await load('bittorrent-tracker/client.js')
const wrtc = await load('@roamhq/wrtc/lib/index.js')
const ask = JSON.parse(given)
const told = []

function client (name, more = {}) {
  const made = new Client({
    infoHash: ask.hash,
    peerId: Buffer.from(name.padEnd(20, '-')),
    announce: [`${ask.announce}?${name}`],
    port: 6881,
    wrtc,
    rtcConfig: { iceServers: [] },
    getAnnounceOpts: () => ({ numwant: 3, left: made.left, uploaded: 0, downloaded: 0 }),
    ...more
  })
  made.left = 7
  made.on('warning', fault => told.push({ who: name, warning: fault.message }))
  made.on('error', fault => told.push({ who: name, error: fault.message }))
  made.on('update', found => told.push({ who: name, complete: found.complete, incomplete: found.incomplete }))
  return made
}

const happens = (made, event) => new Promise(resolve => made.once(event, resolve))
const ends = made => new Promise(resolve => made.destroy(resolve))

/* Two find each other, and what one says over the data channel the other hears. */
async function meet () {
  const first = client('first')
  const heard = new Promise(resolve => first.on('peer', peer => peer.on('data', data => resolve(Buffer.from(data).toString()))))
  first.start()
  await happens(first, 'update')
  const second = client('second')
  second.on('peer', peer => peer.on('connect', () => peer.send('a word between peers')))
  second.start()
  told.push({ heard: await heard })
  second.left = 0
  second.complete({ left: 0 })
  await happens(second, 'update')
  second.scrape()
  const found = await happens(second, 'scrape')
  told.push({ scraped: [found.complete, found.incomplete, found.downloaded, found.infoHash] })
  second.stop({ left: 0 })
  await happens(second, 'update')
  first.update()
  await happens(first, 'update')
  await Promise.all([ends(first), ends(second)])
}

async function refused () {
  const only = client('only')
  only.start()
  await happens(only, 'warning')
  await ends(only)
}

async function scrapeMany () {
  const found = await new Promise((resolve, reject) => Client.scrape(
    { announce: `${ask.announce}?many`, infoHash: ask.hashes, wrtc },
    (fault, results) => fault ? reject(fault) : resolve(results)))
  told.push({ found })
}

await { meet, refused, scrapeMany }[word]()
console.log(JSON.stringify(told))
process.exit(0)
