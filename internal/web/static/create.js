// The effect page: choose locally, ask, and only after "agree" does anything leave the browser.
import { api, apiURL, announce, explain, kept, lang, load, main, say, show, withLang } from './lib.js'

export function create() {
  const form = document.getElementById('create')
  const sheet = document.getElementById('sheet')
  if (!form) return
  const drops = [...form.querySelectorAll('.drop')].map(drop)
  document.addEventListener('paste', (event) => {
    const pasted = event.clipboardData.files[0]
    if (pasted && form.isConnected) (drops.find((d) => d.empty()) ?? drops[0])?.take(pasted)
  })
  if (new URLSearchParams(location.search).has('declined')) declined()
  form.querySelectorAll('textarea').forEach((area) => {
    const count = area.parentElement.querySelector('[data-count]')
    const update = () => { if (count) count.textContent = [...area.value].length }
    area.addEventListener('input', update)
    update()
  })
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    clear()
    if (!valid()) return
    if (form.dataset.standing || await ask()) run()
  })
  document.getElementById('go').disabled = false // before that, nothing would hear the form
  sheet.addEventListener('click', (event) => { if (event.target === sheet) sheet.close('declined') })

  function valid() {
    const bad = drops.find((d) => !d.check())
    if (bad) { bad.focus(); return false }
    const empty = [...form.querySelectorAll('textarea[required]')].find((area) => !area.value.trim())
    if (empty) { fail(say('text')); empty.focus(); return false }
    return true
  }

  // ask opens the sheet; Esc, the backdrop and the decline button all mean no.
  function ask() {
    sheet.returnValue = ''
    sheet.showModal()
    sheet.scrollTop = 0
    sheet.querySelector('h1').focus()
    return new Promise((resolve) => sheet.addEventListener('close', () => {
      const yes = sheet.returnValue === 'granted'
      if (!yes) refuse()
      resolve(yes)
    }, { once: true }))
  }

  function refuse() {
    declined()
    document.getElementById('go').focus()
    if (form.dataset.session) api('POST', '/consents', decision('declined')).catch(() => {})
  }

  function decision(word) {
    const { hash, scope } = sheet.querySelector('form').dataset
    return { feature: form.dataset.feature, recipient: form.dataset.recipient, decision: word, disclosure_hash: hash, scope }
  }

  async function run() {
    const go = document.getElementById('go')
    go.disabled = true
    const made = []
    try {
      const consent = form.dataset.standing ? undefined : (await api('POST', '/consents', decision('granted'))).id
      const inputs = []
      for (const d of drops) {
        const source = await d.source()
        if (!source) continue
        const id = source.id ?? (await upload(source.blob)).id
        if (!source.id) made.push(id)
        inputs.push({ role: d.role, upload: id })
      }
      const task = await api('POST', '/tasks', { ...texts(), feature: form.dataset.feature, inputs, consent }, { 'Idempotency-Key': token() })
      kept.set(task.id, { url: drops.find((d) => d.keep())?.keep(), typed: texts().prompt })
      announce(say('started'))
      show(await load(withLang(`/${main().dataset.app}/tasks/${task.id}`)))
    } catch (problem) {
      for (const id of made) api('DELETE', `/uploads/${id}`).catch(() => {})
      go.disabled = false
      progress(null)
      if (problem.code === 'consent-stale' || problem.code === 'consent-required') return renew()
      fail(explain(problem))
    }
  }

  function texts() {
    const out = { params: {} }
    for (const [name, value] of new FormData(form)) {
      const [kind, role] = name.split('.')
      if (kind === 'text' && value) out[role === 'negative_prompt' ? role : 'prompt'] = value
      if (kind === 'param' && value) out.params[role] = value
    }
    return out
  }

  // renew fetches the text in force, marks what is new in it, and asks again.
  async function renew() {
    const old = new Set([...sheet.querySelectorAll('li,dd,p')].map((e) => e.textContent.trim()))
    const { page } = await load(withLang(`/${main().dataset.app}/e/${form.dataset.feature}/sheet`))
    sheet.replaceChildren(...page.body.childNodes)
    sheet.querySelector('.changed').hidden = false
    for (const line of sheet.querySelectorAll('li,.who')) {
      if (old.has(line.textContent.trim())) continue
      const mark = document.createElement('mark')
      mark.append(...line.childNodes)
      line.append(mark)
    }
    form.dataset.standing = ''
    if (await ask()) run()
  }

  function declined() {
    const note = document.getElementById('declined')
    note.hidden = false
    announce(say('declined'))
  }

  function clear() {
    document.getElementById('declined').hidden = true
    document.getElementById('create-error').replaceChildren()
  }

  function fail(text) {
    const box = document.createElement('p')
    box.className = 'note bad'
    box.textContent = text
    document.getElementById('create-error').replaceChildren(box)
  }
}

// drop is one place for a photo: file, camera, drag, paste or a sample.
function drop(box) {
  const error = box.querySelector('.err'), preview = box.querySelector('.preview'), remove = box.querySelector('[data-clear]')
  const files = [...box.querySelectorAll('input[type=file]')], samples = [...box.querySelectorAll('input[type=radio]')]
  let file = null, url = null
  const picked = () => samples.find((radio) => radio.checked)?.value
  const empty = () => !file && !picked()
  const open = () => { const details = box.closest('details'); if (details) details.open = true }
  files.forEach((input) => input.addEventListener('change', () => { if (input.files[0]) take(input.files[0]) }))
  samples.forEach((radio) => radio.addEventListener('change', () => take(null, radio.value)))
  remove.addEventListener('click', () => {
    samples.forEach((radio) => { radio.checked = !radio.value })
    take(null, '')
    files[0].focus()
  })
  box.addEventListener('dragover', (event) => { event.preventDefault(); box.classList.add('over') })
  box.addEventListener('dragleave', () => box.classList.remove('over'))
  box.addEventListener('drop', (event) => {
    event.preventDefault()
    box.classList.remove('over')
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0])
  })
  if (picked()) take(null, picked()) // chosen before this script was there
  remove.hidden = empty()

  function take(chosen, sample) {
    if (url) URL.revokeObjectURL(url)
    file = chosen
    url = chosen ? URL.createObjectURL(chosen) : null
    if (chosen) { open(); samples.forEach((radio) => { radio.checked = false }) }
    else files.forEach((input) => { input.value = '' })
    preview.hidden = box.dataset.kind !== 'photo' || !(url || sample?.endsWith('.jpg'))
    if (!preview.hidden) preview.src = url ?? `/static/samples/${sample}`
    remove.hidden = empty()
    if (!remove.hidden || !box.dataset.required) check()
  }

  function check() {
    const types = box.dataset.accept.split(',').filter(Boolean), limit = Number(box.dataset.max)
    let text = ''
    if (empty()) text = box.dataset.required ? say('missing') : ''
    else if (file?.type && types.length && !types.includes(file.type)) text = say('type', { types: types.map((t) => t.split('/')[1].toUpperCase()).join(', ') })
    else if (file && limit && file.size > limit) text = say('size', { size: `${Math.floor(limit / 1e6)} MB` })
    error.textContent = text
    error.hidden = !text
    return !text
  }

  return {
    role: box.dataset.role,
    check,
    empty,
    take,
    focus: () => { open(); box.querySelector('input').focus() },
    async source() {
      if (file) return { blob: file }
      const chosen = picked()
      if (!chosen) return null
      if (chosen.startsWith('upl_')) return { id: chosen }
      file = await (await fetch(`/static/samples/${chosen}`)).blob()
      url = URL.createObjectURL(file)
      return { blob: file }
    },
    keep: () => url,
  }
}

// upload sends the bytes alone: no file name, no form.
function upload(blob) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', apiURL('/uploads'))
    request.responseType = 'json'
    request.setRequestHeader('Content-Type', blob.type || 'application/octet-stream')
    request.upload.onprogress = (event) => { if (event.lengthComputable) progress(Math.round((100 * event.loaded) / event.total)) }
    request.onload = () => { progress(null); request.status < 300 ? resolve(request.response) : reject({ status: request.status, ...request.response }) }
    request.onerror = () => reject({ code: 'offline', detail: say(navigator.onLine ? 'failed' : 'offline') })
    progress(0)
    request.send(blob)
  })
}

function progress(percent) {
  const box = document.getElementById('sending')
  if (!box) return
  box.hidden = percent === null
  box.querySelector('progress').value = percent ?? 0
}

// token is a fresh idempotency key.
const token = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('')
