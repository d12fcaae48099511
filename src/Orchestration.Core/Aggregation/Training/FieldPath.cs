using System.Globalization;
using System.Text.Json;

namespace Orchestration.Core.Aggregation.Training;

/// <summary>A field of a row by its name or, deeper, by a path: <c>ratings[0]</c>, <c>labels.human</c>, <c>ratings.human1.score</c>.</summary>
internal static class FieldPath
{
    /// <summary>The value; false where there is none. A field whose whole name is the path comes first, so that a name may hold a dot.</summary>
    public static bool TryFind(JsonElement root, string path, out JsonElement value)
    {
        if (root.TryGetProperty(path, out value)) return true;
        value = root;
        var rest = path.AsSpan();
        while (!rest.IsEmpty)
        {
            if (rest[0] == '[')
            {
                var end = rest.IndexOf(']');
                if (end < 0 || value.ValueKind != JsonValueKind.Array) return false;
                if (!int.TryParse(rest[1..end], NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index >= value.GetArrayLength()) return false;
                value = value[index];
                rest = rest[(end + 1)..];
            }
            else if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty(rest, out var whole))
            {
                // A name deeper inside may hold a dot too, as a judge's of gpt-4.1 does.
                value = whole;
                return true;
            }
            else
            {
                var end = rest.IndexOfAny('.', '[');
                var name = end < 0 ? rest : rest[..end];
                if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(name, out var next)) return false;
                value = next;
                rest = end < 0 ? [] : rest[end..];
            }

            if (!rest.IsEmpty && rest[0] == '.') rest = rest[1..];
        }

        return true;
    }
}
