using System.Text;

namespace Orchestration.Architecture.Tests.PublicSurface;

/// <summary>What differs between two surface texts, type by type.</summary>
internal static class SurfaceDifference
{
    /// <summary>Lines that went (−) and came (+) below the heading they stand under; empty where the texts say the same.</summary>
    public static string Between(IEnumerable<string> reviewed, IEnumerable<string> actual)
    {
        var before = Entries(reviewed);
        var after = Entries(actual);
        var gone = before.Except(after).Select(entry => (entry.Type, entry.Line, Mark: '-'));
        var came = after.Except(before).Select(entry => (entry.Type, entry.Line, Mark: '+'));

        var text = new StringBuilder();
        foreach (var type in gone.Concat(came).GroupBy(entry => entry.Type).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            text.Append(type.Key).Append('\n');
            foreach (var (_, line, mark) in type.OrderBy(entry => entry.Line.StartsWith(' ')).ThenBy(entry => entry.Line, StringComparer.Ordinal).ThenBy(entry => entry.Mark == '+'))
                text.Append("  ").Append(mark).Append(' ').Append(line.Trim()).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Each line with the type it belongs to: the first word of the heading that has a dot in it.</summary>
    private static List<(string Type, string Line)> Entries(IEnumerable<string> lines)
    {
        var entries = new List<(string, string)>();
        var type = "";
        foreach (var line in lines.Where(line => line.Length > 0 && !line.StartsWith('#')))
        {
            if (!line.StartsWith(' ')) type = line.Split(' ', '(').FirstOrDefault(word => word.Contains('.', StringComparison.Ordinal)) ?? line;
            entries.Add((type, line));
        }

        return entries;
    }
}
