using System.Globalization;

namespace Orchestration.Architecture.Tests.PublicSurface;

/// <summary>Writes constants and default values as C# does.</summary>
internal static class ValueText
{
    public static string Of(object? value, Type type)
    {
        if (value is null) return type.IsValueType && Nullable.GetUnderlyingType(type) is null ? "default" : "null";

        var plain = Nullable.GetUnderlyingType(type) ?? type;
        if (plain.IsEnum) return Enum.GetName(plain, value) is { } name ? $"{TypeText.Of(plain)}.{name}" : $"({TypeText.Of(plain)}){value}";
        return value switch
        {
            string text => "\"" + text.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n") + "\"",
            char letter => $"'{letter}'",
            bool flag => flag ? "true" : "false",
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString() ?? "",
        };
    }
}
