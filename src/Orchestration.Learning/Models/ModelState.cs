namespace Orchestration.Learning.Models;

/// <summary>A model as numbers: what is stored, hashed and read back. Equal models have equal states.</summary>
/// <param name="Kind">Which model reads it (<c>gam</c>, <c>mlp</c>, <c>stack</c>).</param>
/// <param name="Format">Version of this kind's layout, from 1.</param>
/// <param name="Settings">Small facts in ordinal order of their names; values in invariant round-trip form.</param>
/// <param name="Tensors">Weights in ordinal order of their names; a model inside another has its names behind a prefix and a dot.</param>
public sealed record ModelState(string Kind, int Format, IReadOnlyList<KeyValuePair<string, string>> Settings, IReadOnlyList<ModelTensor> Tensors);

/// <summary>One array of weights.</summary>
/// <param name="Name">Unique in its model: letters, digits, '_', '-' and '.'.</param>
/// <param name="Shape">Sizes, slowest first; their product is the number of values.</param>
/// <param name="Values">The values, 64-bit.</param>
public sealed record ModelTensor(string Name, IReadOnlyList<int> Shape, double[] Values);
