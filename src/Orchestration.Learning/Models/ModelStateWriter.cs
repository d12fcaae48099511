using System.Globalization;

namespace Orchestration.Learning.Models;

/// <summary>Collects a model's settings and weights and puts them in order.</summary>
internal sealed class ModelStateWriter(string kind, int format)
{
    private readonly SortedDictionary<string, string> _settings = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, ModelTensor> _tensors = new(StringComparer.Ordinal);

    public ModelStateWriter Setting(string name, string value)
    {
        _settings.Add(name, value);
        return this;
    }

    public ModelStateWriter Setting(string name, double value) => Setting(name, value.ToString("R", CultureInfo.InvariantCulture));

    public ModelStateWriter Setting(string name, int value) => Setting(name, value.ToString(CultureInfo.InvariantCulture));

    public ModelStateWriter Setting(string name, bool value) => Setting(name, value ? "true" : "false");

    /// <summary>Adds an array; it is not copied.</summary>
    public ModelStateWriter Tensor(string name, IReadOnlyList<int> shape, double[] values)
    {
        var count = shape.Aggregate(1L, (product, size) => product * size);
        if (count != values.Length) throw new ArgumentException($"{name}: {values.Length} values for {count} places.", nameof(values));
        _tensors.Add(name, new ModelTensor(name, shape, values));
        return this;
    }

    /// <summary>Adds a model inside this one, its names behind the prefix and a dot.</summary>
    public ModelStateWriter Inside(string prefix, ModelState state)
    {
        Setting($"{prefix}.kind", state.Kind);
        Setting($"{prefix}.format", state.Format);
        foreach (var (name, value) in state.Settings) Setting($"{prefix}.{name}", value);
        foreach (var tensor in state.Tensors) Tensor($"{prefix}.{tensor.Name}", tensor.Shape, tensor.Values);
        return this;
    }

    public ModelState Done() => new(kind, format, [.. _settings], [.. _tensors.Values]);
}
