(view, page) => {
  const box = (node) => node.getBoundingClientRect();
  const inScroll = (node) => node.closest(".scroll, .card, pre");
  const name = (node) => `${node.tagName} ${(node.textContent || node.alt || "").trim().slice(0, 60)}`;
  const shown = (node) => box(node).width > 0 && box(node).height > 0;
  const link = page.querySelector('main td a[href^="#seeds-"]');
  let opened = null;
  if (link) {
    const target = page.getElementById(decodeURIComponent(link.hash.slice(1)));
    view.location.hash = link.hash;
    view.dispatchEvent(new view.HashChangeEvent("hashchange"));
    opened = target.open;
  }
  for (const node of page.querySelectorAll("main details")) node.open = true;
  const all = [...page.querySelectorAll("main *, header *, footer *")].filter(shown);

  // Relative luminance and contrast as WCAG 2 defines them.
  const channels = (text) => text.match(/[\d.]+/g).map(Number);
  const luminance = (rgb) => {
    const [r, g, b] = rgb.slice(0, 3).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (node) => {
    for (; node; node = node.parentElement) {
      const colour = channels(view.getComputedStyle(node).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const contrast = (node) => {
    const [high, low] = [luminance(channels(view.getComputedStyle(node).color)), luminance(background(node))].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  const texts = all.filter((node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()));

  return {
    overflow: page.scrollingElement.scrollWidth - view.innerWidth,
    outside: all.filter((node) => !inScroll(node) && box(node).right > view.innerWidth + 1).map(name).slice(0, 10),
    faint: [...new Set(texts.filter((node) => contrast(node) < 4.5).map((node) => `${name(node)} ${contrast(node).toFixed(2)}`))].slice(0, 10),
    broken: [...page.images].filter((image) => !image.complete || !image.naturalWidth).map(name),
    images: page.images.length,
    small: texts.filter((node) => parseFloat(view.getComputedStyle(node).fontSize) < 9).map(name).slice(0, 10),
    overlapping: [...page.querySelectorAll("h1, h2, h3, h4, p, figure, .scroll, ul, dl")].filter(shown)
      .filter((node, i, nodes) => nodes[i + 1] && !node.contains(nodes[i + 1]) && nodes[i + 1].parentElement === node.parentElement
        && getComputedStyle(node).position === "static" && box(nodes[i + 1]).top < box(node).bottom - 1).map(name).slice(0, 10),
    opened,
    // At any width a reader sees a verdict beside what it is of, and can scroll by keyboard.
    hidden: [...page.querySelectorAll("#headline .badge, #answer-claims td:nth-child(2)")].filter((node) => box(node).right > view.innerWidth).map(name),
    unfocused: all.filter((node) => node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).overflowX === "auto" && node.tabIndex < 0)
      .map((node) => `${node.className} ${name(node)}`).slice(0, 10),
    contents: page.getElementById("contents").open,
    theme: page.getElementById("theme").hidden,
  };
}
