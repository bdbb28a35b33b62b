// Everything here is a comfort: each page works without it. Served as a module, so deferred.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const words = document.body.dataset;
const status = $('#status');

function say(text) {
    status.textContent = '';
    requestAnimationFrame(() => { status.textContent = text; });
}

// Copy buttons: hidden until there is something that can copy.
if (navigator.clipboard) {
    for (const button of $$('[data-copy]')) {
        button.hidden = false;
        button.addEventListener('click', async () => {
            const source = document.getElementById(button.dataset.copy);
            await navigator.clipboard.writeText(source.dataset.value || source.textContent.trim());
            button.classList.add('done');
            say(words.copied);
            setTimeout(() => button.classList.remove('done'), 1600);
        });
    }
}

// Keys: / search, j and k through a list, o open, m magnet. Never while typing.
const rows = $$('[data-row]');
let at = -1;

function go(step) {
    if (!rows.length) return;
    at = Math.min(rows.length - 1, Math.max(0, at + step));
    const link = $('a', rows[at]);
    link.focus();
    rows[at].scrollIntoView({ block: 'nearest' });
}

document.addEventListener('focusin', (event) => {
    const row = event.target.closest('[data-row]');
    if (row) at = rows.indexOf(row);
});

document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest('input, textarea, select, [contenteditable]')) {
        if (event.key === 'Escape') event.target.blur();
        return;
    }
    const row = rows[at];
    if (event.key === '/') {
        const box = $('#search-main') || $('#search');
        box.focus();
        box.select();
    } else if (event.key === 'j') go(1);
    else if (event.key === 'k') go(-1);
    else if (event.key === 'o' && row) $('a', row).click();
    else if (event.key === 'm') ($('a[href^="magnet:"]', row || document) || { click() {} }).click();
    else return;
    event.preventDefault();
});

// The name inside a .torrent: enough of bencode to suggest a title before anything is sent.
function torrentName(bytes) {
    let pos = 0;
    const digit = () => bytes[pos] >= 48 && bytes[pos] <= 57;
    function string() {
        let len = 0;
        while (digit()) len = len * 10 + bytes[pos++] - 48;
        if (bytes[pos++] !== 58 || pos + len > bytes.length) throw new Error('bencode');
        pos += len;
        return bytes.subarray(pos - len, pos);
    }
    function skip(depth) {
        if (depth > 100 || pos >= bytes.length) throw new Error('bencode');
        if (digit()) return void string();
        const kind = bytes[pos++];
        if (kind === 105) while (bytes[pos++] !== 101 && pos < bytes.length);
        else if (kind === 108 || kind === 100) {
            while (bytes[pos] !== 101) skip(depth + 1);
            pos++;
        } else throw new Error('bencode');
    }
    function find(wanted, inside) {
        if (bytes[pos++] !== 100) throw new Error('bencode');
        while (digit()) {
            const key = new TextDecoder().decode(string());
            if (key === wanted) return inside();
            skip(0);
        }
        throw new Error('bencode');
    }
    return find('info', () => find('name', () => new TextDecoder().decode(string())));
}

// The drop zone is a label around the file input: dropping is one more way to choose.
const zone = $('[data-drop]');
if (zone) {
    const input = $('input[type=file]', zone);
    const shown = $('[data-chosen]', zone);
    const title = $('#field-title');
    const chosen = async () => {
        const file = input.files[0];
        zone.classList.toggle('full', Boolean(file));
        if (!file) return;
        shown.textContent = file.name;
        if (file.size > 10485760) return;
        try {
            const name = torrentName(new Uint8Array(await file.arrayBuffer()));
            if (title && !title.value) {
                title.value = name.replace(/\.(iso|zip|tar|gz|xz|epub|pdf|mkv|webm|flac|ogg|mp3)$/i, '')
                    .replace(/_/g, ' ');
            }
        } catch {
            // Not a torrent we can read: the server will say what is wrong with it.
        }
    };
    input.addEventListener('change', chosen);
    for (const kind of ['dragenter', 'dragover']) {
        zone.addEventListener(kind, (event) => {
            event.preventDefault();
            zone.classList.add('over');
        });
    }
    zone.addEventListener('dragleave', () => zone.classList.remove('over'));
    zone.addEventListener('drop', (event) => {
        event.preventDefault();
        zone.classList.remove('over');
        if (!event.dataTransfer.files.length) return;
        input.files = event.dataTransfer.files;
        chosen();
    });
}

// Suggestions while one types: a list under the box, for arrow keys or pointer. The box stays an ordinary search.
function suggests(box) {
    const list = document.createElement('ul');
    const form = box.form;
    let timer, asked, at = -1;
    list.id = `${box.id}-suggestions`;
    list.className = 'suggestions';
    list.hidden = true;
    list.setAttribute('role', 'listbox');
    list.setAttribute('aria-label', words.suggestions);
    form.append(list);
    for (const [name, value] of Object.entries({
        role: 'combobox', autocomplete: 'off', 'aria-autocomplete': 'list', 'aria-expanded': 'false',
        'aria-controls': list.id,
    })) box.setAttribute(name, value);
    const close = () => {
        clearTimeout(timer);
        asked?.abort();
        list.hidden = true;
        at = -1;
        box.setAttribute('aria-expanded', 'false');
        box.removeAttribute('aria-activedescendant');
    };
    const mark = (step) => {
        const items = list.children;
        if (items[at]) items[at].removeAttribute('aria-selected');
        at = (at + 1 + step + items.length + 1) % (items.length + 1) - 1;
        if (at < 0) return box.removeAttribute('aria-activedescendant');
        items[at].setAttribute('aria-selected', 'true');
        items[at].scrollIntoView({ block: 'nearest' });
        box.setAttribute('aria-activedescendant', items[at].id);
    };
    const show = ([, texts, about, addresses]) => {
        list.replaceChildren(...texts.map((text, i) => {
            const item = document.createElement('li');
            item.id = `${list.id}-${i}`;
            item.setAttribute('role', 'option');
            item.dataset.address = addresses[i];
            item.append(text);
            const words = document.createElement('span');
            words.className = 'quiet';
            words.textContent = about[i];
            item.append(words);
            return item;
        }));
        at = -1;
        box.removeAttribute('aria-activedescendant');
        list.hidden = !texts.length;
        box.setAttribute('aria-expanded', String(!list.hidden));
    };
    const ask = async () => {
        asked?.abort();
        asked = new AbortController();
        const typed = box.value;
        try {
            const address = form.getAttribute('action').replace(/search$/, 'suggest');
            const answer = await fetch(`${address}?q=${encodeURIComponent(typed)}`, { signal: asked.signal });
            if (answer.ok && box.value === typed) show(await answer.json());
        } catch {
            // Aborted, or offline: the box searches all the same.
        }
    };
    const go = (item) => {
        const address = new URL(item.dataset.address);
        location.href = address.pathname + address.search; // this host, whatever name the site has
    };
    box.addEventListener('input', () => {
        clearTimeout(timer);
        if (box.value.trim().length < 2) close();
        else timer = setTimeout(ask, 120);
    });
    box.addEventListener('keydown', (event) => {
        if (list.hidden || event.isComposing) return;
        if (event.key === 'ArrowDown') mark(1);
        else if (event.key === 'ArrowUp') mark(-1);
        else if (event.key === 'Enter' && at >= 0) go(list.children[at]);
        else if (event.key === 'Escape') close();
        else return;
        event.preventDefault();
        event.stopPropagation();
    });
    box.addEventListener('blur', close);
    list.addEventListener('pointerdown', (event) => event.preventDefault());
    list.addEventListener('click', (event) => { if (event.target.closest('li')) go(event.target.closest('li')); });
}
for (const box of $$('form.find input[name=q]')) suggests(box);

// A form with faults: the summary is read first.
$('[data-faults]')?.focus();
