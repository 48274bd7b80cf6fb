// The device page: fetches the points once, when the photo is at hand, and makes the picture here. The
// photo, the points and the picture are in the memory of this page alone.
import { announce, api, apiURL, explain, headers, kept, lang, say } from './lib.js'
import { bare, border, eyes, light, mark, opening, recolored, sheet, spots, stencil, tinted, tone, wig } from './compose.js'
import { stamped } from './stamp.js'

const longest = 1600 // pixels of the longer side of the picture
const $ = (id) => document.getElementById(id)

export function device() {
  const box = $('device')
  if (!box) return
  const own = kept.get(box.dataset.task)
  $('device-photo').addEventListener('change', (event) => { if (event.target.files[0]) begin(box, event.target.files[0]) })
  if (!own?.url) return again()
  const photo = new Image() // the content policy lets no script fetch a blob
  photo.src = own.url
  photo.decode().then(() => begin(box, photo), again)
}

function again() {
  $('device-busy').hidden = true
  $('device-again').hidden = false
}

function fail(text) {
  const note = document.createElement('p')
  note.className = 'note bad'
  note.textContent = text
  $('device-busy').hidden = true
  $('device-error').replaceChildren(note)
}

// begin reads the photo first: points that nobody can use would be lost.
async function begin(box, photo) {
  $('device-error').replaceChildren()
  $('device-again').hidden = true
  $('device-busy').hidden = false
  let bitmap
  try { bitmap = await createImageBitmap(photo) } catch {
    fail(say('deviceUnreadable'))
    $('device-again').hidden = false
    return
  }
  let record = box.record // of a photo before that was another one
  try { record ??= await take(box.dataset.output) } catch (problem) {
    fail(problem.status === 410 ? say('deviceGone') : explain(problem))
    return
  }
  box.record = record
  handed(box.dataset.output)
  if (Math.abs(bitmap.width / bitmap.height - record.width / record.height) > 0.01) {
    fail(say('deviceOther'))
    $('device-again').hidden = false
    return
  }
  const table = await Promise.all(['hair', 'frame'].map((kind) => materials(box.dataset.materials, kind)))
  if (box.isConnected) await open(box, bitmap, record, table)
}

// take fetches the points: the server erases them before it answers.
async function take(output) {
  const response = await fetch(apiURL(`/outputs/${output}/content`), { headers: headers(), cache: 'no-store' })
  const answer = await response.json().catch(() => ({}))
  if (!response.ok) throw { status: response.status, ...answer }
  return answer
}

// handed shows the receipt: asking for what was erased answers with it.
async function handed(output) {
  try { await api('GET', `/outputs/${output}`) } catch (problem) {
    const link = $('device-receipt')
    if (!problem.receipt || !link) return
    const wanted = new URLSearchParams(location.search).get('lang')
    link.href = `/receipts/${problem.receipt}${wanted ? `?lang=${wanted}` : ''}`
    link.hidden = false
  }
}

async function materials(address, kind) {
  const response = await fetch(`${address}?kind=${kind}&lang=${lang()}`)
  return response.ok ? (await response.json()).data : []
}

async function open(box, bitmap, record, [hair, frames]) {
  const k = Math.min(1, longest / Math.max(bitmap.width, bitmap.height))
  const photo = sheet(bitmap.width * k, bitmap.height * k)
  const pen = photo.getContext('2d', { willReadFrequently: true })
  pen.imageSmoothingQuality = 'high'
  pen.drawImage(bitmap, 0, 0, photo.width, photo.height)
  bitmap.close()
  const desk = { box, photo, form: $('device-hands'), faces: await Promise.all(record.faces.map((f) => scaled(f, photo, photo.width / record.width))), cache: new Map() }
  for (const canvas of [$('device-canvas'), $('device-marks')]) { canvas.width = photo.width; canvas.height = photo.height }
  cards(desk, 'hair', hair)
  cards(desk, 'frame', frames)
  choose(desk)
  list(record.faces)
  wire(desk)
  await draw(desk)
  $('device-busy').hidden = true
  for (const id of ['device-figure', 'device-found', 'device-hands']) $(id).hidden = false
  announce(say('deviceReady'))
}

// scaled is a face in pixels of the picture that is drawn.
async function scaled(face, photo, k) {
  const raw = Uint8Array.from(atob(face.hair.mask), (c) => c.charCodeAt(0))
  const mask = stencil(await createImageBitmap(new Blob([raw], { type: 'image/png' })), photo.width, photo.height)
  const points = Object.fromEntries(Object.entries(face.points).map(([name, [x, y]]) => [name, [x * k, y * k]]))
  return { points, box: face.box.map((v) => v * k), mask, tint: tinted(mask) }
}

// cards lists drawn things as pictures to choose from; the first is none.
function cards(desk, kind, list) {
  const place = $(`device-${kind}`), credits = $('device-credits')
  for (const item of [{ id: '', title: say('deviceNone') }, ...list]) {
    const card = $('device-card').content.cloneNode(true), input = card.querySelector('input'), img = card.querySelector('img')
    input.name = kind
    input.value = item.id
    input.defaultChecked = !item.id
    if (item.files) img.src = item.files.picture
    else img.remove()
    card.querySelector('b').textContent = item.title
    place.append(card)
    if (item.credits && ![...credits.children].some((li) => li.textContent === item.credits)) {
      const li = document.createElement('li')
      li.textContent = item.credits
      credits.append(li)
    }
  }
  desk[kind] = Object.fromEntries(list.map((item) => [item.id, item]))
}

// choose asks which face, where there are several.
function choose(desk) {
  const place = $('device-faces')
  if (desk.faces.length < 2) return
  desk.faces.forEach((_, i) => {
    const label = document.createElement('label'), input = document.createElement('input'), text = document.createElement('span')
    Object.assign(input, { type: 'radio', name: 'face', value: i, defaultChecked: i === 0 })
    text.textContent = say('deviceFace', { n: i + 1 })
    label.append(input, text)
    place.append(label)
  })
  place.hidden = false
}

// list writes every point of every face into the table.
function list(faces) {
  const rows = $('device-found').querySelector('tbody')
  faces.forEach((face, i) => {
    for (const [name, at] of Object.entries(face.points)) {
      const row = rows.insertRow(), head = document.createElement('th')
      head.scope = 'row'
      head.textContent = (faces.length > 1 ? `${say('deviceFace', { n: i + 1 })}: ` : '') + say(`point.${name}`)
      row.append(head)
      for (const v of at) { const cell = row.insertCell(); cell.className = 'n'; cell.textContent = Math.round(v) }
    }
  })
}

function wire(desk) {
  const { form } = desk
  let waiting = false
  const soon = () => {
    if (waiting) return
    waiting = true
    requestAnimationFrame(() => { waiting = false; draw(desk) })
  }
  form.addEventListener('input', soon)
  form.addEventListener('change', () => announce(say('deviceDone')))
  form.addEventListener('submit', (event) => event.preventDefault())
  form.addEventListener('reset', () => setTimeout(soon))
  form.querySelectorAll('[data-save]').forEach((button) => button.addEventListener('click', () => save(desk, button.dataset.save)))
  $('device-show').addEventListener('change', soon)
}

// material is a drawn thing with its record, fetched when it is first chosen.
async function material(desk, kind, id) {
  const item = desk[kind][id]
  if (!item) return null
  return cached(desk, `${kind} ${id}`, async () => {
    const [picture, record] = await Promise.all([fetch(item.files.picture).then((r) => r.blob()), fetch(item.files.record).then((r) => r.json())])
    return { bitmap: await createImageBitmap(picture), record }
  })
}

function cached(desk, key, make) {
  if (!desk.cache.has(key)) desk.cache.set(key, make())
  return desk.cache.get(key)
}

async function draw(desk) {
  const turn = desk.turn = (desk.turn ?? 0) + 1
  const wish = Object.fromEntries(new FormData(desk.form)), n = Number(wish.face ?? 0), face = desk.faces[n]
  for (const input of desk.form.querySelectorAll('input[type=range]')) $(`o-${input.name}`).textContent = input.value
  $('device-fit').hidden = !wish.hair
  let hair, frame
  try { [hair, frame] = await Promise.all([material(desk, 'hair', wish.hair), material(desk, 'frame', wish.frame)]) } catch {
    fail(say('failed'))
    return
  }
  if (turn !== desk.turn || !desk.box.isConnected) return // a newer wish is on its way
  const canvas = $('device-canvas'), work = cached(desk, 'work', () => sheet(canvas.width, canvas.height)), g = work.getContext('2d')
  g.drawImage(desk.photo, 0, 0)
  if (hair) {
    g.globalAlpha = wish.own / 100
    g.drawImage(cached(desk, `bare ${n}`, () => bare(desk.photo, face.mask, face.points)), 0, 0)
    g.globalAlpha = 1
  } else if (wish.color !== 'none') {
    g.drawImage(cached(desk, `dyed ${n} ${wish.color}`, () => recolored(desk.photo, face.mask, wish.color)), 0, 0)
  }
  if (wish.eyes > 0) eyes(g, face.points, wish.eyes / 100)
  if (hair) wig(g, hair, face.points, { ...wish, tone: cached(desk, `tone ${n}`, () => tone(desk.photo, face.mask)) })
  if (wish.light > 0) light(g, face.points, wish.light / 100)
  const top = canvas.getContext('2d'), place = opening(frame, canvas)
  top.imageSmoothingQuality = 'high'
  top.drawImage(work, 0, 0)
  top.setTransform(...place)
  top.drawImage(work, 0, 0)
  top.resetTransform()
  mark(top, say('deviceMark'), frame ? border(top, frame) : 0)
  const marks = $('device-marks'), shown = $('device-show').checked
  marks.hidden = !shown
  if (shown) spots(marks, desk.faces, n, place)
  canvas.dataset.drawn = turn
}

// save makes the file in the browser.
async function save(desk, type) {
  const made = await new Promise((resolve) => $('device-canvas').toBlob(resolve, type, 0.93))
  const url = URL.createObjectURL(await stamped(made)), link = document.createElement('a')
  link.href = url
  link.download = `${desk.box.dataset.app}-device.${type === 'image/png' ? 'png' : 'jpg'}`
  link.click()
  announce(say('deviceSaved'))
  setTimeout(() => URL.revokeObjectURL(url), 60000)
}
