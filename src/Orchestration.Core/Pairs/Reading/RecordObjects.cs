using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>
/// A CSV record as the JSON object that says the same, for readers of objects. A column <c>ratings.anna</c> is the member <c>anna</c> of the object <c>ratings</c>,
/// <c>verdicts.judge[0]</c> the first of a list in it, <c>ranking[0]</c> the first of a list; only the first dot parts, so that a name behind it may hold dots of its own. A column of
/// such a name stands under its whole name as well. An empty field is absent (in a list: null); what is written as JSON writes numbers is a number, anything else a text.
/// </summary>
internal sealed class RecordObjects
{
    private readonly (string Name, string? Outer, string? Inner, int Index)[] _columns;

    /// <summary>For the records under a header.</summary>
    public RecordObjects(CsvHeader header)
    {
        var whole = header.Names.ToHashSet(StringComparer.Ordinal);
        _columns = [.. header.Names.Select(name => Place(name, whole))];
    }

    /// <summary>Gives the record's object to a reader.</summary>
    /// <param name="fields">Texts in the header's order.</param>
    /// <param name="read">Takes the object, which is gone when it returns; says what is wrong with it, or null.</param>
    public RowFault? Read(string[] fields, Func<JsonElement, RowFault?> read)
    {
        var root = new JsonObject();
        for (var f = 0; f < fields.Length; f++)
        {
            var (name, outer, inner, index) = _columns[f];
            if (name.Length == 0) continue;
            var value = Value(fields[f]);
            if (outer is not null) Nest(root, outer, inner, index, value);
            if (value is not null) root[name] = value.DeepClone();
        }

        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer)) root.WriteTo(writer);
        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return read(document.RootElement);
    }

    private static (string, string?, string?, int) Place(string name, HashSet<string> whole)
    {
        var (index, path) = (-1, name);
        if (name.EndsWith(']') && name.LastIndexOf('[') is var open and > 0 && int.TryParse(name.AsSpan(open + 1, name.Length - open - 2), NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at < 1000)
            (index, path) = (at, name[..open]);
        var dot = path.IndexOf('.', StringComparison.Ordinal);
        string? outer = null, inner = null;
        if (dot > 0 && dot + 1 < path.Length) (outer, inner) = (path[..dot], path[(dot + 1)..]);
        else if (index >= 0) outer = path;

        // A column that has the outer name for itself keeps it.
        return outer is null || whole.Contains(outer) ? (name, null, null, -1) : (name, outer, inner, index);
    }

    private static void Nest(JsonObject root, string outer, string? inner, int index, JsonNode? value)
    {
        if (inner is null)
        {
            // A list that stands by itself ends with its last value; one of a judge's verdicts keeps its length.
            if (value is null) return;
            if (root[outer] is null) root[outer] = new JsonArray();
            if (root[outer] is JsonArray list) Put(list, index, value);
            return;
        }

        if (root[outer] is null) root[outer] = new JsonObject();
        if (root[outer] is not JsonObject inside) return;
        if (index < 0)
        {
            if (value is not null) inside[inner] = value;
            return;
        }

        if (inside[inner] is null) inside[inner] = new JsonArray();
        if (inside[inner] is JsonArray values) Put(values, index, value);
    }

    private static void Put(JsonArray list, int index, JsonNode? value)
    {
        while (list.Count <= index) list.Add((JsonNode?)null);
        list[index] = value;
    }

    private static JsonNode? Value(string field) => field.Length == 0 ? null : IsNumber(field) ? JsonNode.Parse(field) : JsonValue.Create(field);

    /// <summary>True for what JSON would read as a number, so that 007 and 1. stay the texts that they are.</summary>
    private static bool IsNumber(string field)
    {
        var digits = field[0] == '-' ? 1 : 0;
        if (field.Length == digits || !char.IsAsciiDigit(field[digits]) || (field[digits] == '0' && field.Length > digits + 1 && char.IsAsciiDigit(field[digits + 1])) || !char.IsAsciiDigit(field[^1])) return false;
        var (point, exponent) = (false, false);
        for (var i = digits; i < field.Length; i++)
        {
            switch (field[i])
            {
                case >= '0' and <= '9': continue;
                case '.' when !point && !exponent && char.IsAsciiDigit(field[i + 1]): point = true; continue;
                case 'e' or 'E' when !exponent && (char.IsAsciiDigit(field[i + 1]) || (field[i + 1] is '+' or '-' && char.IsAsciiDigit(field[i + 2]))):
                    exponent = true;
                    i++;
                    continue;
                default: return false;
            }
        }

        return true;
    }
}
