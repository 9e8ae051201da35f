// The address holds every setting that differs from its default; a quick drag writes it at most 4 times a second.
window.ddpmRemember = (() => {
  let waiting = null;
  const wanted = new Map();
  const write = () => {
    waiting = null;
    const url = new URL(location.href);
    for (const [key, value] of wanted) {
      if (value === null || value === undefined || String(value) === String(window.ddpmDefaults[key])) url.searchParams.delete(key);
      else url.searchParams.set(key, value);
    }
    wanted.clear();
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  };
  return (key, value) => {
    wanted.set(key, value);
    if (waiting === null) waiting = setTimeout(write, 250);
  };
})();
