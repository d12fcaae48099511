using System.Globalization;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Learning.Models;

namespace Orchestration.Core.Routing.Models;

/// <summary>Reads tensors and settings of a routing model's file: what is missing or misshapen names file and cure.</summary>
internal sealed class StoredRouting(string place, SafetensorsContent content)
{
    private readonly Dictionary<string, string> _settings = content.Metadata.ToDictionary(static m => m.Key, static m => m.Value, StringComparer.Ordinal);
    private readonly Dictionary<string, ModelTensor> _tensors = content.Tensors.ToDictionary(static t => t.Name, StringComparer.Ordinal);

    public string Text(string name) => _settings.TryGetValue(name, out var text) ? text : throw Bad($"lacks '{name}'");

    /// <summary>Empty where the file has no such text.</summary>
    public string TextOrNone(string name) => _settings.GetValueOrDefault(name, "");

    public string[] Texts(string name) => _settings.TryGetValue(name, out var text) && text.Length != 0 ? text.Split('\n') : [];

    public int Whole(string name, int least, int most) =>
        int.TryParse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value : throw Bad($"has '{name}' out of its range");

    public ulong Seed(string name) => ulong.TryParse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : throw Bad($"has '{name}' that is no number");

    public double Number(string name) =>
        double.TryParse(Text(name), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value : throw Bad($"has '{name}' that is no number");

    /// <summary>Numbers of a tensor, all finite.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="count">How many; −1 for any number.</param>
    public double[] Numbers(string name, int count = -1)
    {
        if (!_tensors.TryGetValue(name, out var tensor)) throw Bad($"lacks the tensor '{name}'");
        if (count >= 0 && tensor.Values.Length != count) throw Bad(string.Create(CultureInfo.InvariantCulture, $"has {tensor.Values.Length} numbers in '{name}', not {count}"));
        return Array.TrueForAll(tensor.Values, double.IsFinite) ? tensor.Values : throw Bad($"has a number in '{name}' that is not finite");
    }

    public float[] Floats(string name, int count = -1) => [.. Numbers(name, count).Select(static v => (float)v)];

    public OrchestrationException Bad(string what) => new(ErrorCodes.Input, $"{place} {what}: it is damaged or no routing model. Train it again with 'orchestrate route train', or copy it again.");
}
