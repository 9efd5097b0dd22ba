/**
 * Weights of a Gaussian window, whose sum is 1.
 * @param {number} radius
 * @param {number} deviation
 */
export function gaussian(radius, deviation) {
  const weights = Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * deviation ** 2)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
