using System.Globalization;

namespace Orchestration.Learning.Models;

/// <summary>Reads a state that may come from a file: whatever is missing or misshapen is an <see cref="ArgumentException"/> that names it.</summary>
internal sealed class ModelStateReader
{
    private readonly Dictionary<string, string> _settings = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ModelTensor> _tensors = new(StringComparer.Ordinal);
    private readonly ModelState _state;

    /// <summary>Takes a state whose format is one of 1 … newest.</summary>
    public ModelStateReader(ModelState state, int newest)
    {
        if (state.Format < 1 || state.Format > newest)
            throw new ArgumentException($"Model kind {state.Kind}: format {state.Format} is unknown here, which reads 1 to {newest}. Train it again or use the program that wrote it.", nameof(state));
        foreach (var (name, value) in state.Settings) _settings[name] = value;
        foreach (var tensor in state.Tensors) _tensors[tensor.Name] = tensor;
        _state = state;
    }

    public string Text(string name) => _settings.TryGetValue(name, out var value) ? value : throw Bad($"the setting {name} is missing");

    public double Number(string name) =>
        double.TryParse(Text(name), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : throw Bad($"the setting {name} is not a number");

    public int Whole(string name) =>
        int.TryParse(Text(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : throw Bad($"the setting {name} is not a whole number");

    public bool Flag(string name) => Text(name) switch
    {
        "true" => true,
        "false" => false,
        _ => throw Bad($"the setting {name} is neither true nor false"),
    };

    public bool HasSetting(string name) => _settings.ContainsKey(name);

    public bool Has(string tensor) => _tensors.ContainsKey(tensor);

    /// <summary>An array of the sizes asked for; −1 takes any size. Not copied.</summary>
    public double[] Tensor(string name, params ReadOnlySpan<int> shape)
    {
        if (!_tensors.TryGetValue(name, out var tensor)) throw Bad($"the tensor {name} is missing");
        var fits = tensor.Shape.Count == shape.Length && tensor.Shape.Aggregate(1L, (product, size) => product * size) == tensor.Values.LongLength;
        for (var i = 0; fits && i < shape.Length; i++) fits = shape[i] == -1 ? tensor.Shape[i] >= 0 : shape[i] == tensor.Shape[i];
        return fits ? tensor.Values : throw Bad($"the tensor {name} has the shape [{string.Join(", ", tensor.Shape)}] and {tensor.Values.Length} values, which do not fit");
    }

    /// <summary>The model written behind a prefix.</summary>
    public ModelState Inside(string prefix)
    {
        var start = prefix + ".";
        var settings = _state.Settings.Where(s => s.Key.StartsWith(start, StringComparison.Ordinal)).Select(s => KeyValuePair.Create(s.Key[start.Length..], s.Value));
        var tensors = _state.Tensors.Where(t => t.Name.StartsWith(start, StringComparison.Ordinal)).Select(t => t with { Name = t.Name[start.Length..] });
        return new ModelState(Text(start + "kind"), Whole(start + "format"), [.. settings.Where(s => s.Key is not ("kind" or "format"))], [.. tensors]);
    }

    public ArgumentException Bad(string what) => Refusal(what, _state);

    private static ArgumentException Refusal(string what, ModelState state) => new($"Model kind {state.Kind}: {what}.", nameof(state));
}
