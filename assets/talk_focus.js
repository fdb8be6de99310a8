/* A new picture replaces every node of the card: gives the focus and an open menu back. */
(function () {
  'use strict';

  const TOGGLE = '.talk-menu [aria-expanded]';
  let picture = null;
  let focused = null;
  let menuWasOpen = false;

  function place() {
    return document.getElementById('talk-card');
  }

  /** How to find the same thing in the next picture. */
  function selectorOf(element) {
    const link = element.closest('a[href]');
    if (link) return 'a[href="' + CSS.escape(link.getAttribute('href')) + '"]';
    const button = element.closest('[data-action]');
    if (button) return '[data-action="' + button.dataset.action + '"]';
    return element.closest(TOGGLE) ? TOGGLE : ':scope > [data-state]';
  }

  function remember(target) {
    const card = place();
    focused = card && card.contains(target) ? selectorOf(target) : null;
  }

  function restore() {
    const card = place();
    const toggle = card.querySelector(TOGGLE);
    if (menuWasOpen && toggle && toggle.getAttribute('aria-expanded') === 'false') toggle.click();
    if (!focused || document.activeElement !== document.body) return;
    const same = card.querySelector(focused) || card.querySelector(':scope > [data-state]');
    if (same) same.focus({ preventScroll: true });
  }

  function look() {
    const card = place();
    const now = card && card.querySelector(':scope > [data-state]');
    if (!now) return;
    const replaced = picture && picture !== now;
    picture = now;
    if (replaced) restore();
    menuWasOpen = Boolean(card.querySelector(TOGGLE + '[aria-expanded="true"]'));
  }

  document.addEventListener('focusin', function (event) {
    remember(event.target);
  });
  document.addEventListener('pointerdown', function (event) {
    const card = place();
    if (!card || !card.contains(event.target)) focused = null;
  });
  new MutationObserver(look).observe(document.documentElement, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ['aria-expanded'],
  });
})();
