/**
 * Rules by which an integral over 0 .. 1 is a sum over steps. Each gives the points t and the
 * weights w of n steps. The names and the weights are those of captum.
 */

/** @typedef {{ points: number[], weights: number[] }} Steps */

/**
 * The trapezoid's weights sum to (n - 1) / n, as in captum.
 * @satisfies {Record<string, (n: number) => Steps>}
 */
export const RULES = {
  riemannMiddle: (n) => ({
    points: Array.from({ length: n }, (_, i) => (i + 0.5) / n),
    weights: Array.from({ length: n }, () => 1 / n),
  }),
  riemannTrapezoid: (n) => ({
    points: Array.from({ length: n }, (_, i) => i / (n - 1)),
    weights: Array.from({ length: n }, (_, i) => (i === 0 || i === n - 1 ? 0.5 : 1) / n),
  }),
  gaussLegendre,
};

/**
 * The points are the roots of the Legendre polynomial of degree n, by Newton's method.
 * @param {number} n
 * @returns {Steps}
 */
function gaussLegendre(n) {
  /** @type {Steps} */
  const steps = { points: [], weights: [] };
  for (let i = 0; i < n; i++) {
    let root = -Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 1;
    for (let turn = 0; turn < 100; turn++) {
      const at = legendre(n, root);
      slope = at.slope;
      const change = at.value / slope;
      root -= change;
      if (Math.abs(change) < 1e-15) break;
    }
    slope = legendre(n, root).slope;
    steps.points.push((1 + root) / 2);
    steps.weights.push(1 / ((1 - root * root) * slope * slope));
  }
  return steps;
}

/**
 * The Legendre polynomial of degree n.
 * @param {number} n
 * @param {number} x
 */
function legendre(n, x) {
  let [before, value] = [1, x];
  for (let k = 2; k <= n; k++) {
    [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
  }
  return { value, slope: (n * (x * value - before)) / (x * x - 1) };
}
