/* Whether the card may ask: pauses in the background, says when there is no connection. */
(function () {
  'use strict';

  const talkboard = (window.talkboard = window.talkboard || {});
  const UNAUTHORIZED = 401;
  const APPLIED_MS = 100;

  /** dash_clientside.set_props throws for an id that is not on this page. */
  talkboard.setProps = function (id, props) {
    if (!document.getElementById('talk-card')) return;
    try {
      window.dash_clientside.set_props(id, props);
    } catch (_) {
      /* The page has been left in the meantime. */
    }
  };

  talkboard.picture = function () {
    return document.querySelector('#talk-card > [data-state]');
  };

  function waitsForLogin() {
    const picture = talkboard.picture();
    return Boolean(
      picture && picture.dataset.state === 'connecting' && picture.dataset.flow && !('expired' in picture.dataset)
    );
  }

  /** A frame that is scrolled out of sight is as good as hidden; `frame.js` says so. */
  function unseen() {
    return document.hidden || Boolean(talkboard.outOfView);
  }

  /** The one place that decides which clock runs. */
  talkboard.pace = function () {
    const mayAsk = !unseen() && !talkboard.busy;
    talkboard.setProps('talk-refresh', { disabled: !mayAsk });
    talkboard.setProps('talk-flow-poll', { disabled: !(mayAsk && waitsForLogin()) });
  };

  /** Who comes back wants to see what is true now, not what was when he left. */
  function askNow() {
    talkboard.pace();
    if (unseen() || talkboard.busy) return;
    if (waitsForLogin()) talkboard.setProps('talk-flow-poll', { n_intervals: Math.floor(Date.now() / 1000) });
    else talkboard.setProps('talk-action', { data: { name: 'shown', at: Date.now() } });
  }

  /** Without a name as after coming back; with one as by the button of that action. */
  talkboard.ask = function (name) {
    if (!name) askNow();
    else if (!talkboard.busy) talkboard.setProps('talk-action', { data: { name: name, at: Date.now() } });
  };

  /** The next answer draws the card anew, whatever it shows. */
  talkboard.redraw = function () {
    talkboard.setProps('talk-shown', { data: null });
    askNow();
  };

  /** Nothing of the picture stays for whoever comes next. */
  talkboard.forget = function () {
    if (talkboard.abandon) talkboard.abandon();
    talkboard.setProps('talk-card', { children: null });
    talkboard.setProps('talk-shown', { data: null });
  };

  function showOffline(offline) {
    const banner = document.getElementById('offline-banner');
    if (banner) banner.hidden = !offline;
  }

  function goToLogin() {
    const shell = document.querySelector('[data-login-url]');
    if (!shell) return;
    const here = location.pathname + location.search;
    location.assign(shell.dataset.loginUrl + '?next=' + encodeURIComponent(here));
  }

  /** Dash's renderer calls this after every callback, whether it succeeded or not. */
  talkboard.resolved = function (callback, result) {
    const error = result && result.error;
    if (error && error.status === UNAUTHORIZED) {
      goToLogin();
      return;
    }
    showOffline(Boolean(error));
    if (talkboard.actionResolved) talkboard.actionResolved(callback, result);
    /* The answer may switch a clock on, and Dash applies it only after this call. */
    setTimeout(talkboard.pace, APPLIED_MS);
  };

  document.addEventListener('visibilitychange', function () {
    askNow();
  });
  window.addEventListener('online', function () {
    showOffline(false);
    askNow();
  });
  window.addEventListener('offline', function () {
    showOffline(true);
  });

  let waited = false;
  new MutationObserver(function () {
    if (waitsForLogin() === waited) return;
    waited = !waited;
    talkboard.pace();
  }).observe(document.documentElement, { subtree: true, childList: true });
})();
