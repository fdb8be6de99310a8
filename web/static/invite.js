/* Moves the token of an invitation from behind the # into the form and sends it off. It is taken out of the address
   first, so that it stays in no list of visited pages that can still be helped. */
(function () {
  'use strict';

  const form = document.getElementById('invitation');

  function take() {
    const token = location.hash.slice(1);
    if (!token) return;
    history.replaceState(null, '', location.pathname);
    form.elements.token.value = token;
    form.submit();
  }

  addEventListener('hashchange', take);
  take();
})();
