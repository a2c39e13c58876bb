'use strict';
(() => {
const byId = id => document.getElementById(id);
const data = JSON.parse(byId('data').textContent);
const stage = byId('stage'), svg = stage.querySelector('svg'), panel = byId('panel'), about = byId('about');
const groups = new Map([...svg.querySelectorAll('.block')].map(g => [g.dataset.block, g]));
const whole = svg.viewBox.baseVal, page = {x: whole.x, y: whole.y, w: whole.width, h: whole.height};
let view = {...page};
svg.setAttribute('preserveAspectRatio', 'xMidYMid meet');

// The view is a box of page coordinates with the shape of the stage.
const scale = () => view.w / Math.max(1, stage.clientWidth);
const show = () => svg.setAttribute('viewBox', [view.x, view.y, view.w, view.h].map(v => v.toFixed(2)).join(' '));
const shaped = box => {
  const ratio = Math.max(1, stage.clientHeight) / Math.max(1, stage.clientWidth);
  const w = Math.max(box.w, box.h / ratio);
  return {x: box.x - (w - box.w) / 2, y: box.y - (w * ratio - box.h) / 2, w, h: w * ratio};
};
const fit = () => {
  view = shaped(page);
  // A small page is not blown up; a wide one on a narrow screen begins at a size that can be read.
  const least = stage.clientWidth / 1.5, most = stage.clientWidth / 0.45;
  if (view.w < least) zoom(least / view.w);
  else if (stage.clientWidth < 700 && view.w > most) {
    view = {x: page.x, y: page.y, w: most, h: most * stage.clientHeight / stage.clientWidth};
  }
  show();
};
const zoom = (factor, x = stage.clientWidth / 2, y = stage.clientHeight / 2) => {
  const s = scale(), w = Math.min(Math.max(view.w * factor, 60), Math.max(page.w, page.h, 400) * 8), f = w / view.w;
  view = {x: view.x + x * s * (1 - f), y: view.y + y * s * (1 - f), w, h: view.h * f};
  show();
};
const move = (dx, dy) => { view.x += dx * scale(); view.y += dy * scale(); show(); };
const boxOf = group => { const b = group.querySelector('.card').getBBox(); return {x: b.x, y: b.y, w: b.width, h: b.height}; };
const reveal = (group, center) => {
  const b = boxOf(group);
  if (center && scale() > 1.4) zoom(1 / scale());
  if (center || b.x < view.x || b.y < view.y || b.x + b.w > view.x + view.w || b.y + b.h > view.y + view.h) {
    view.x = b.x + b.w / 2 - view.w / 2;
    view.y = b.y + b.h / 2 - view.h / 2;
    show();
  }
};

// Pointers: one pans, two zoom; what hardly moves is a click.
const pointers = new Map();
let travelled = 0;
stage.addEventListener('pointerdown', e => {
  if (pointers.size === 0) travelled = 0;
  pointers.set(e.pointerId, {x: e.clientX, y: e.clientY});
});
addEventListener('pointermove', e => {
  const last = pointers.get(e.pointerId);
  if (!last) return;
  const all = [...pointers.values()];
  if (all.length === 1) {
    move(last.x - e.clientX, last.y - e.clientY);
  } else if (all.length === 2) {
    const other = all.find(p => p !== last), r = stage.getBoundingClientRect();
    const before = Math.hypot(last.x - other.x, last.y - other.y), now = Math.hypot(e.clientX - other.x, e.clientY - other.y);
    if (now > 4) zoom(before / now, (e.clientX + other.x) / 2 - r.left, (e.clientY + other.y) / 2 - r.top);
  }
  travelled += Math.abs(e.clientX - last.x) + Math.abs(e.clientY - last.y);
  if (travelled > 5) stage.classList.add('held');
  pointers.set(e.pointerId, {x: e.clientX, y: e.clientY});
});
const release = e => { pointers.delete(e.pointerId); stage.classList.remove('held'); };
addEventListener('pointerup', release);
addEventListener('pointercancel', release);
stage.addEventListener('wheel', e => {
  e.preventDefault();
  const r = stage.getBoundingClientRect();
  if (e.shiftKey) move(e.deltaX || e.deltaY, 0);
  else zoom(Math.exp(Math.max(-60, Math.min(60, e.deltaY)) * 0.004), e.clientX - r.left, e.clientY - r.top);
}, {passive: false});
stage.addEventListener('click', e => {
  const group = e.target.closest('.block');
  if (travelled <= 5 && group) open(group.dataset.block);
});
svg.addEventListener('focusin', e => {
  const group = e.target.closest('.block');
  if (group && group.matches(':focus-visible')) reveal(group, false);
});

// The panel. Whatever comes from the page becomes text, never markup.
const make = (tag, text, className) => {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
};
const prose = (tag, text) => {
  const element = make(tag);
  text.split('`').forEach((part, i) => element.append(i % 2 ? make('code', part) : part));
  return element;
};
const heading = text => about.append(make('h3', text));
const list = items => { const ul = make('ul'); items.forEach(item => { const li = make('li'); li.append(...[item].flat()); ul.append(li); });
  about.append(ul); };
const jump = reference => {
  const name = groups.has(reference) ? reference : reference.slice(0, reference.lastIndexOf('.'));
  const button = make('button', reference);
  button.onclick = () => { open(name); reveal(groups.get(name), true); };
  return groups.has(name) ? button : reference;
};
const tell = diagnostics => diagnostics.forEach(d => {
  about.append(make('p', d.severity + '[' + d.id + ']: ' + d.message, d.severity === 'error' ? 'wrong' : ''));
  d.more.forEach(line => about.append(make('p', line, 'soft')));
});
let chosen = null;
const choose = name => {
  if (chosen) chosen.classList.remove('chosen');
  chosen = name === null ? null : groups.get(name);
  if (chosen) chosen.classList.add('chosen');
};
function open(name) {
  const block = data.blocks[name];
  if (!block) return;
  choose(name);
  about.replaceChildren(make('h2', name), make('p', block.type, 'soft'));
  if (block.state && block.state !== 'ran') about.append(make('p', block.state, block.state === 'failed' ? 'wrong' : 'soft'));
  if (block.clipped) about.append(make('p', block.clipped + ' of the inputs are clipped', 'wrong'));
  if (block.diagnostics.length) { heading('Mistakes'); tell(block.diagnostics); }
  if (block.results.length) heading(data.cycles > 1 ? 'Results of cycle ' + data.cycles : 'Results');
  block.results.forEach(result => {
    about.append(make('p', result.name + '  ' + result.kind));
    const picture = [...groups.get(name).querySelectorAll('.value')].find(g => g.dataset.result === result.name);
    if (picture && picture.querySelector('.heat,.bars')) {
      const w = +picture.dataset.width, h = +picture.dataset.height, frame = svg.cloneNode(false), copy = picture.cloneNode(true);
      copy.removeAttribute('transform');
      frame.setAttribute('viewBox', '0 0 ' + w + ' ' + h);
      frame.setAttribute('width', 320);
      frame.setAttribute('height', 320 * h / w);
      frame.append(copy);
      about.append(frame);
    }
    about.append(make('pre', result.values));
    if (result.summary) about.append(make('p', result.summary, 'soft'));
  });
  if (block.inputs.length) {
    heading('Inputs');
    list(block.inputs.map(pin => [make('code', pin.name), ' ',
      ...(pin.from.length ? pin.from.flatMap(f => [jump(f), ' ']) : [make('span', pin.text || 'not wired', 'soft')])]));
  }
  if (block.settings.length) { heading('Settings'); list(block.settings.map(text => make('code', text))); }
  if (block.outputs.length) {
    heading('Outputs');
    list(block.outputs.map(pin => [make('code', pin.name), ' ', make('span', pin.detail, 'soft')]));
  }
  const type = Object.hasOwn(data.types, block.type) ? data.types[block.type] : null;
  if (type) { heading('About ' + block.type); about.append(prose('p', type.doc)); list(type.pins.map(text => prose('span', text))); }
  panel.hidden = false;
  panel.scrollTop = 0;
}
const close = () => {
  if (panel.hidden) return;
  panel.hidden = true;
  if (chosen) chosen.focus();
  choose(null);
};
byId('close').onclick = close;

// Search.
const field = byId('find'), found = byId('found');
const names = Object.keys(data.blocks);
const go = name => { found.replaceChildren(); field.value = ''; open(name); reveal(groups.get(name), true); groups.get(name).focus(); };
const search = () => {
  const wanted = field.value.trim().toLowerCase();
  const rank = name => { const at = name.toLowerCase().indexOf(wanted); return at < 0 ? 1e6 : at; };
  const hits = wanted === '' ? [] : names.filter(n => rank(n) < 1e6 || data.blocks[n].type.toLowerCase().includes(wanted))
    .sort((a, b) => rank(a) - rank(b)).slice(0, 30);
  found.replaceChildren(...hits.map(name => {
    const li = make('li'), button = make('button', name + ' ');
    button.append(make('small', data.blocks[name].type));
    button.onclick = () => go(name);
    li.append(button);
    return li;
  }));
};
field.addEventListener('input', search);
field.addEventListener('keydown', e => {
  const first = found.querySelector('button');
  if (e.key === 'Enter' && first) first.click();
  if (e.key === 'ArrowDown' && first) { e.preventDefault(); first.focus(); }
  if (e.key === 'Escape') { field.value = ''; search(); field.blur(); e.stopPropagation(); }
});
found.addEventListener('keydown', e => {
  const item = e.target.closest('li');
  const next = e.key === 'ArrowDown' ? item.nextElementSibling : e.key === 'ArrowUp' ? item.previousElementSibling : null;
  if (e.key === 'ArrowDown' || e.key === 'ArrowUp') { e.preventDefault(); (next ? next.querySelector('button') : field).focus(); }
  if (e.key === 'Escape') { field.value = ''; search(); field.focus(); }
  e.stopPropagation();
});

// Keys and buttons.
byId('in').onclick = () => zoom(0.8);
byId('out').onclick = () => zoom(1.25);
byId('fit').onclick = fit;
byId('theme').onclick = () => {
  const root = document.documentElement, isDark = matchMedia('(prefers-color-scheme:dark)').matches;
  const now = root.dataset.theme || (isDark ? 'dark' : 'light');
  root.dataset.theme = now === 'dark' ? 'light' : 'dark';
};
addEventListener('keydown', e => {
  if (e.target.closest('input,#found') || e.ctrlKey || e.metaKey || e.altKey) return;
  const group = e.target.closest('.block');
  if (group && (e.key === 'Enter' || e.key === ' ')) { e.preventDefault(); open(group.dataset.block); return; }
  if (e.target.closest('#panel') && e.key.startsWith('Arrow')) return;
  const keys = {'+': () => zoom(0.8), '=': () => zoom(0.8), '-': () => zoom(1.25), '0': fit, '/': () => field.focus(), 'Escape': close,
    'ArrowLeft': () => move(-60, 0), 'ArrowRight': () => move(60, 0), 'ArrowUp': () => move(0, -60), 'ArrowDown': () => move(0, 60)};
  if (keys[e.key]) { e.preventDefault(); keys[e.key](); }
});
let width = stage.clientWidth, height = stage.clientHeight;
new ResizeObserver(() => {
  if (stage.clientWidth === width && stage.clientHeight === height) return;
  // What was in the left upper corner stays there, at its size.
  const s = view.w / Math.max(1, width);
  [width, height] = [stage.clientWidth, stage.clientHeight];
  view.w = s * width;
  view.h = s * height;
  show();
}).observe(stage);
fit();
// page.html#ID begins at a block.
const wanted = decodeURIComponent(location.hash.slice(1));
if (groups.has(wanted)) {
  open(wanted);
  requestAnimationFrame(() => requestAnimationFrame(() => reveal(groups.get(wanted), true)));
} else if (data.diagnostics.length) {
  about.replaceChildren(make('h2', 'Mistakes'));
  tell(data.diagnostics);
  panel.hidden = !data.diagnostics.some(d => d.severity === 'error');
}
})();
