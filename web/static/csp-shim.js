/* Gives the style elements that Dash's renderer inserts the nonce of this page: our policy lets no other in. */
(function () {
  'use strict';
  var nonce = document.currentScript && document.currentScript.nonce;
  if (!nonce) return;
  var create = document.createElement;
  document.createElement = function (name) {
    var element = create.apply(this, arguments);
    if (typeof name === 'string' && name.toLowerCase() === 'style') element.nonce = nonce;
    return element;
  };
})();
