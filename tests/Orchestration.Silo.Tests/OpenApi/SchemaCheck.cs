using System.Globalization;
using System.Text.Json;

namespace Orchestration.Silo.Tests.OpenApi;

/// <summary>What of JSON Schema the description of the endpoints uses, checked literally.</summary>
internal sealed class SchemaCheck(JsonElement document)
{
    /// <summary>What is wrong with a value, each with its place; empty where it follows the schema.</summary>
    public IReadOnlyList<string> Faults(JsonElement schema, JsonElement value)
    {
        List<string> faults = [];
        Check(schema, value, "$", faults);
        return faults;
    }

    private void Check(JsonElement schema, JsonElement value, string at, List<string> faults)
    {
        if (schema.TryGetProperty("$ref", out var named))
        {
            Check(document.GetProperty("components").GetProperty("schemas").GetProperty(named.GetString()!.Split('/')[^1]), value, at, faults);
            return;
        }

        if (schema.TryGetProperty("oneOf", out var choices))
        {
            if (choices.EnumerateArray().Count(c => Faults(c, value).Count == 0) != 1) faults.Add($"{at} is none of the choices, or several: {string.Join("; ", choices.EnumerateArray().SelectMany(c => Faults(c, value)).Take(5))}");
            return;
        }

        if (schema.TryGetProperty("type", out var type) && !Types(type).Any(t => Is(value, t)))
        {
            faults.Add($"{at} is {value.ValueKind}, not {type}");
            return;
        }

        if (schema.TryGetProperty("enum", out var allowed) && !allowed.EnumerateArray().Any(a => JsonElement.DeepEquals(a, value))) faults.Add($"{at} is {value}, none of {allowed}");
        if (value.ValueKind == JsonValueKind.Number) Bounds(schema, value.GetDouble(), at, faults);
        if (value.ValueKind == JsonValueKind.Array) Items(schema, value, at, faults);
        if (value.ValueKind == JsonValueKind.Object) Members(schema, value, at, faults);
    }

    private static IEnumerable<string> Types(JsonElement type) => type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(static t => t.GetString()!) : [type.GetString()!];

    private static bool Is(JsonElement value, string type) => type switch
    {
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "array" => value.ValueKind == JsonValueKind.Array,
        "object" => value.ValueKind == JsonValueKind.Object,
        "null" => value.ValueKind == JsonValueKind.Null,
        _ => throw new InvalidOperationException($"The schema has the type '{type}'."),
    };

    private static void Bounds(JsonElement schema, double value, string at, List<string> faults)
    {
        foreach (var (name, isKept) in new (string, Func<double, bool>)[]
        {
            ("minimum", bound => value >= bound), ("maximum", bound => value <= bound), ("exclusiveMinimum", bound => value > bound),
        })
        {
            if (schema.TryGetProperty(name, out var bound) && !isKept(bound.GetDouble())) faults.Add(string.Create(CultureInfo.InvariantCulture, $"{at} is {value}; {name} {bound}"));
        }
    }

    private void Items(JsonElement schema, JsonElement value, string at, List<string> faults)
    {
        if (schema.TryGetProperty("minItems", out var least) && value.GetArrayLength() < least.GetInt32()) faults.Add($"{at} has too few items");
        if (schema.TryGetProperty("maxItems", out var most) && value.GetArrayLength() > most.GetInt32()) faults.Add($"{at} has too many items");
        if (!schema.TryGetProperty("items", out var items)) return;
        var place = 0;
        foreach (var item in value.EnumerateArray()) Check(items, item, string.Create(CultureInfo.InvariantCulture, $"{at}[{place++}]"), faults);
    }

    private void Members(JsonElement schema, JsonElement value, string at, List<string> faults)
    {
        if (schema.TryGetProperty("required", out var required))
            faults.AddRange(required.EnumerateArray().Where(r => !value.TryGetProperty(r.GetString()!, out _)).Select(r => $"{at} lacks {r}"));
        var known = schema.TryGetProperty("properties", out var properties);
        var isClosed = schema.TryGetProperty("additionalProperties", out var others);
        foreach (var member in value.EnumerateObject())
        {
            if (known && properties.TryGetProperty(member.Name, out var own)) Check(own, member.Value, $"{at}.{member.Name}", faults);
            else if (isClosed && others.ValueKind == JsonValueKind.False) faults.Add($"{at}.{member.Name} is not described");
            else if (isClosed && others.ValueKind == JsonValueKind.Object) Check(others, member.Value, $"{at}.{member.Name}", faults);
        }
    }
}
