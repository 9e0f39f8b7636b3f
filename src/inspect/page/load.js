/* global document, location */

// A machine that changes its network loses what it is just asking for, and a module of which a part did not
// come is never asked for again: then the whole page is.
const AGAIN_MS = 2_000;

try {
  await import('./main.js');
} catch (error) {
  const connection = document.getElementById('connection');
  if (connection !== null) {
    connection.textContent = 'not loaded: trying again';
    connection.className = 'pill bad';
  }
  setTimeout(() => location.reload(), AGAIN_MS);
  throw error;
}
