using System.Globalization;
using Orchestration.Learning.Models;

namespace Orchestration.Core.Aggregation.Versions;

/// <summary>Several models in one safetensors file: tensors <c>PART/NAME</c>, metadata <c>PART/kind</c>, <c>PART/format</c>, <c>PART/setting/NAME</c>.</summary>
internal static class WeightParts
{
    private const string Kind = "kind";
    private const string Format = "format";
    private const string Setting = "setting/";

    public static SafetensorsContent Join(IReadOnlyDictionary<string, ModelState> parts)
    {
        var metadata = new List<KeyValuePair<string, string>>();
        var tensors = new List<ModelTensor>();
        foreach (var (part, state) in parts)
        {
            if (part.Length == 0 || part.Contains('/', StringComparison.Ordinal)) throw new ArgumentException($"'{part}' is no name of a part.", nameof(parts));
            metadata.Add(new($"{part}/{Kind}", state.Kind));
            metadata.Add(new($"{part}/{Format}", state.Format.ToString(CultureInfo.InvariantCulture)));
            metadata.AddRange(state.Settings.Select(s => new KeyValuePair<string, string>($"{part}/{Setting}{s.Key}", s.Value)));
            tensors.AddRange(state.Tensors.Select(t => t with { Name = $"{part}/{t.Name}" }));
        }

        return new SafetensorsContent(metadata, tensors);
    }

    /// <exception cref="OrchestrationException">A part lacks its kind, or something belongs to no part (<see cref="ErrorCodes.Input"/>).</exception>
    public static IReadOnlyDictionary<string, ModelState> Split(string place, SafetensorsContent content)
    {
        var drafts = new SortedDictionary<string, Draft>(StringComparer.Ordinal);
        foreach (var (key, value) in content.Metadata)
        {
            var (part, name) = Cut(place, key);
            var draft = drafts.TryGetValue(part, out var found) ? found : drafts[part] = new Draft();
            if (name == Kind) draft.Kind = value;
            else if (name == Format && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var format)) draft.Format = format;
            else if (name.StartsWith(Setting, StringComparison.Ordinal)) draft.Settings.Add(new(name[Setting.Length..], value));
            else throw Bad(place, $"has metadata '{key}' that belongs to no model");
        }

        foreach (var tensor in content.Tensors)
        {
            var (part, name) = Cut(place, tensor.Name);
            if (!drafts.TryGetValue(part, out var draft)) throw Bad(place, $"has a tensor '{tensor.Name}' that belongs to no model");
            draft.Tensors.Add(tensor with { Name = name });
        }

        var parts = new SortedDictionary<string, ModelState>(StringComparer.Ordinal);
        foreach (var (part, draft) in drafts)
        {
            if (draft.Kind is null || draft.Format < 1) throw Bad(place, $"does not say what kind of model '{part}' is");
            parts.Add(part, new ModelState(draft.Kind, draft.Format, draft.Settings, draft.Tensors));
        }

        return parts;
    }

    private sealed class Draft
    {
        public string? Kind { get; set; }

        public int Format { get; set; }

        public List<KeyValuePair<string, string>> Settings { get; } = [];

        public List<ModelTensor> Tensors { get; } = [];
    }

    private static (string Part, string Name) Cut(string place, string key)
    {
        var at = key.IndexOf('/', StringComparison.Ordinal);
        return at > 0 && at < key.Length - 1 ? (key[..at], key[(at + 1)..]) : throw Bad(place, $"has an entry '{(key.Length > 60 ? key[..60] : key)}' that belongs to no model");
    }

    private static OrchestrationException Bad(string place, string what) => new(ErrorCodes.Input, $"{place} {what}: it is no aggregator's weights. Export the version again.");
}
