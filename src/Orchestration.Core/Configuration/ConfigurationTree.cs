using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace Orchestration.Core.Configuration;

/// <summary>Makes the blocks and lists of a configuration from pairs of a path and a value, as .NET's configuration has them.</summary>
internal static class ConfigurationTree
{
    private const char Delimiter = ':';

    /// <summary>The tree; null where there is nothing.</summary>
    /// <param name="values">Paths (<c>deployments:gpt:limits:concurrency</c>) and values; a path without a value is a block.</param>
    public static YamlNode? Of(IEnumerable<KeyValuePair<string, string?>> values)
    {
        var root = new Branch();
        foreach (var (path, value) in values)
        {
            if (path.Length == 0) continue;
            var branch = root;
            foreach (var part in path.Split(Delimiter)) branch = branch.Below(part);
            branch.Value = value;
        }

        return root.Children.Count == 0 ? null : root.Node(depth: 0);
    }

    private sealed class Branch
    {
        public Dictionary<string, Branch> Children { get; } = new(StringComparer.OrdinalIgnoreCase);

        public string? Value { get; set; }

        public Branch Below(string key)
        {
            if (!Children.TryGetValue(key, out var child)) Children.Add(key, child = new Branch());
            return child;
        }

        public YamlNode Node(int depth, string key = "")
        {
            // JSON's true is read as "True" by .NET's configuration.
            if (Children.Count == 0) return new YamlScalarNode(Value switch { "True" => "true", "False" => "false", var other => other ?? "" });

            // Right below the top stand blocks of names, and a deployment may be called 0.
            if ((depth != 1 || key is "rubrics") && IsList()) return new YamlSequenceNode(InOrder().Select(child => child.Node(depth + 1)));
            return new YamlMappingNode(Children.Select(child => KeyValuePair.Create<YamlNode, YamlNode>(new YamlScalarNode(child.Key), child.Value.Node(depth + 1, child.Key))));
        }

        private bool IsList() => Children.Keys.All(static key => int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out _));

        // A layer above may have set more entries than the one below, or left some out; what there is keeps its order.
        private IEnumerable<Branch> InOrder() => Children.OrderBy(static child => int.Parse(child.Key, CultureInfo.InvariantCulture)).Select(static child => child.Value);
    }
}
