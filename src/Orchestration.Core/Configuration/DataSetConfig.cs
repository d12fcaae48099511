using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Configuration;

/// <summary>A data set that a request may name, where it may name no file (<c>data-sets</c> of <c>orchestration.yaml</c>). Immutable.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Pairs or comparisons.</param>
/// <param name="Files">Its files, absolute, in the order in which their rows count.</param>
public sealed record DataSetConfig(string Name, DataKind Kind, IReadOnlyList<string> Files);
