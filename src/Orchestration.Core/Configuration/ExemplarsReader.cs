namespace Orchestration.Core.Configuration;

/// <summary>Reads the block <c>exemplars</c>. The files are read when a judge names one.</summary>
internal static class ExemplarsReader
{
    private const string Cure = "Write '{file: graded.jsonl, count: 3, scale: {min: 1, max: 5}}'.";
    private const int MaxCount = 10;

    public static Dictionary<string, ExemplarsConfig> Read(ConfigurationSection top, string folder, Func<string, bool> isName)
    {
        var result = new Dictionary<string, ExemplarsConfig>(StringComparer.Ordinal);
        if (top.Section("exemplars", "Write a name and '{file: …}'.") is not { } all) return result;
        foreach (var name in all.Keys)
        {
            if (!isName(name))
                all.Problem(name, $"exemplars has the name {SecretShape.Quote(name)}. A name has letters, digits, '.', '-' and '_', and begins with a letter or digit.");
            if (all.Section(name, Cure) is { } section && One(name, section, folder) is { } exemplars) result[name] = exemplars;
        }

        return result;
    }

    private static ExemplarsConfig? One(string name, ConfigurationSection section, string folder)
    {
        var file = section.RequiredText("file", "Name the file with the judged pairs.")?.Trim();
        var count = section.Integer("count", 1, MaxCount, "exemplars") ?? 3;
        double? min = null, max = null;
        if (section.Has("scale") && section.Section("scale", "Write '{min: 1, max: 5}'.") is { } scale)
        {
            scale.RequiredText("min", "Write the lowest target.");
            scale.RequiredText("max", "Write the highest target.");
            const double Largest = 1e12;
            min = scale.Number("min", -Largest, Largest, "a score");
            max = scale.Number("max", -Largest, Largest, "a score");
            if (max <= min) scale.Problem("max", FormattableString.Invariant($"{scale.Option("max")} is {max}, which is not greater than min {min}. Exchange them."));
            scale.RefuseUnknown();
        }

        section.RefuseUnknown();
        return file is null ? null : new ExemplarsConfig { Name = name, File = Path.GetFullPath(file, folder), Count = count, Min = min, Max = max };
    }
}
