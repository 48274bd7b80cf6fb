// The result page: compare with the photo that this browser still has in memory, and hold a film.
import { announce, kept, load, say } from './lib.js'
import { now, times } from './times.js'

export function work() {
  document.querySelectorAll('.tile img[data-film]').forEach((img) => still(img))
  const tiles = document.querySelector('ul.tiles')
  if (tiles) fade(tiles)
  const result = document.querySelector('.result')
  if (!result) return
  const play = result.querySelector('button[data-film]')
  if (play) return film(result.querySelector('.after'), play)
  const own = kept.get(result.dataset.task), box = document.getElementById('cmp')
  if (!own?.url || !box) return
  versus(result)(own.url)
  const note = document.getElementById('no-before')
  if (note) note.hidden = true
}

// fade puts what the server shows in the place of a tile whose time is up: the receipt, once there is one.
// Where only some works are listed the tile just goes.
function fade(tiles) {
  const beat = setInterval(async () => {
    if (!tiles.isConnected) return clearInterval(beat)
    const due = [...tiles.querySelectorAll('time[data-form=left]')].filter((end) => new Date(end.dateTime) <= now())
    if (!due.length || document.hidden) return
    let next
    try { next = await load(location.href) } catch { return } // the next beat tries again
    for (const tile of due.map((end) => end.closest('.tile'))) {
      const twin = next.page.getElementById(tile.id)
      if (twin ? !twin.classList.contains('gone') : tiles.dataset.gone !== undefined) continue
      announce(say('tileGone'))
      if (!twin) { tile.remove(); continue }
      times(twin)
      tile.replaceWith(twin)
    }
  }, 3000)
}

// versus makes the widget of a page ready. What it returns lays "before" over "after" where both have
// one shape, and beside it where they do not.
export function versus(root) {
  const box = root.querySelector('.cmp'), slide = root.querySelector('.slide'), range = slide.querySelector('input')
  const before = box.querySelector('.before'), after = box.querySelector('.after')
  const set = (value) => { range.value = value; box.style.setProperty('--x', `${value}%`) }
  range.addEventListener('input', () => set(range.value))
  slide.querySelectorAll('[data-show]').forEach((button) => button.addEventListener('click', () => set(button.dataset.show)))
  box.addEventListener('pointerdown', (event) => {
    if (!box.classList.contains('on')) return
    const move = (e) => {
      const area = box.getBoundingClientRect()
      set(Math.round(Math.min(100, Math.max(0, (100 * (e.clientX - area.left)) / area.width))))
    }
    move(event)
    box.addEventListener('pointermove', move)
    addEventListener('pointerup', () => box.removeEventListener('pointermove', move), { once: true })
  })
  set(50)
  return async (url, apart = false) => {
    before.src = url
    const seen = await Promise.all([before, after].map((img) => img.decode().then(() => true, () => false)))
    if (!seen[0]) return // a photo that this browser cannot show
    const beside = apart || !alike(before, after)
    before.hidden = false
    box.classList.toggle('on', !beside)
    box.classList.toggle('pair', beside)
    box.querySelectorAll('.lab').forEach((label) => { label.hidden = false })
    slide.hidden = beside
  }
}

// alike reports whether two pictures have the same shape, to the rounding of a pixel.
function alike(a, b) {
  const [w, h] = [a.naturalWidth * b.naturalHeight, b.naturalWidth * a.naturalHeight]
  return Math.abs(w - h) <= 0.01 * Math.max(w, h)
}

// still puts the first picture of a film in its place.
export function still(img) {
  const canvas = document.createElement('canvas')
  canvas.className = img.className
  canvas.setAttribute('role', 'img')
  canvas.setAttribute('aria-label', img.alt)
  if (!img.alt) canvas.setAttribute('aria-hidden', 'true')
  const draw = () => {
    canvas.width = img.naturalWidth
    canvas.height = img.naturalHeight
    canvas.getContext('2d').drawImage(img, 0, 0)
    img.hidden = true
    img.after(canvas)
  }
  if (img.complete && img.naturalWidth) draw()
  else { img.loading = 'eager'; img.addEventListener('load', draw, { once: true }) }
  return () => { img.hidden = false; canvas.remove() }
}

// film lets a person stop a picture that moves; where less motion is wished it waits to be played.
export function film(img, button) {
  let go = null
  const stop = () => { go = still(img); button.textContent = say('filmPlay') }
  button.textContent = say('filmStop')
  button.onclick = () => {
    if (!go) return stop()
    go()
    go = null
    button.textContent = say('filmStop')
  }
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) stop()
}
