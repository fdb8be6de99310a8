/* From a click on [data-action] to the store the server listens to, one action at a time. */
(function () {
  'use strict';

  const talkboard = (window.talkboard = window.talkboard || {});
  const OPENS_NEXTCLOUD = ['connect', 'restart', 'reconnect'];
  const GIVE_UP_MS = 30000;
  const DRAWN_MS = 1500;

  talkboard.busy = null;

  /** Must run in the click itself: a browser blocks a window that is opened later. */
  function openWaitingWindow(text) {
    const opened = window.open('about:blank');
    if (!opened) return null;
    try {
      opened.opener = null;
      opened.document.title = text;
      opened.document.documentElement.style.colorScheme = 'light dark';
      opened.document.body.style.font = '1.125rem system-ui, sans-serif';
      opened.document.body.style.padding = '1.5rem';
      opened.document.body.textContent = text;
    } catch (_) {
      /* An empty window serves as well. */
    }
    return opened;
  }

  function currentFlow() {
    const picture = talkboard.picture();
    return (picture && picture.dataset.flow) || '';
  }

  function start(button) {
    const name = button.dataset.action;
    const at = Date.now();
    talkboard.busy = {
      at: at,
      button: button,
      flow: currentFlow(),
      popup: OPENS_NEXTCLOUD.includes(name) ? openWaitingWindow(button.dataset.opening || '') : null,
      timer: setTimeout(finish, GIVE_UP_MS),
    };
    button.setAttribute('aria-busy', 'true');
    document.getElementById('talk-card').setAttribute('aria-busy', 'true');
    talkboard.pace();
    talkboard.setProps('talk-action', { data: { name: name, at: at } });
  }

  /** Sends the waiting window to Nextcloud as soon as the card knows the address. */
  function follow() {
    const busy = talkboard.busy;
    const link = document.getElementById('talk-login-link');
    if (!busy || !busy.popup || !link || currentFlow() === busy.flow) return;
    if (/^https?:$/.test(link.protocol) && !busy.popup.closed) busy.popup.location.replace(link.href);
    busy.popup = null;
    if (busy.answered) finish();
  }

  function finish() {
    const busy = talkboard.busy;
    if (!busy) return;
    clearTimeout(busy.timer);
    if (busy.popup) busy.popup.close();
    talkboard.busy = null;
    busy.button.removeAttribute('aria-busy');
    const place = document.getElementById('talk-card');
    if (place) place.removeAttribute('aria-busy');
    talkboard.pace();
  }

  /** Whatever was begun was begun by somebody else. */
  talkboard.abandon = function () {
    for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close();
    finish();
  };

  /** Another answer of the same callback may arrive first, and must not pass for this action's. */
  function isAnswerTo(busy, callback, result) {
    const inputs = (result && result.payload && result.payload.inputs) || callback.inputs || [];
    const action = inputs.find(function (input) {
      return input.id === 'talk-action';
    });
    return Boolean(action) && (!action.value || action.value.at === busy.at);
  }

  /** The answer is here, but the new picture may be drawn a moment later. */
  talkboard.actionResolved = function (callback, result) {
    const busy = talkboard.busy;
    if (!busy || !isAnswerTo(busy, callback, result)) return;
    busy.answered = true;
    clearTimeout(busy.timer);
    const failed = Boolean(result.error);
    busy.timer = setTimeout(finish, failed || !busy.popup ? 0 : DRAWN_MS);
  };

  function ask(button) {
    const dialog = document.getElementById(button.dataset.confirm);
    const menu = button.closest('.dropdown');
    const toggle = menu && menu.querySelector('[aria-expanded]');
    if (toggle) {
      toggle.click();
      toggle.focus();
    }
    dialog.showModal();
  }

  document.addEventListener('click', function (event) {
    const button = event.target.closest && event.target.closest('[data-action]');
    if (!button || talkboard.busy) return;
    if (button.dataset.confirm) {
      ask(button);
      return;
    }
    const dialog = button.closest('dialog');
    if (dialog) dialog.close();
    start(button);
  });

  new MutationObserver(follow).observe(document.documentElement, { subtree: true, childList: true });
})();
