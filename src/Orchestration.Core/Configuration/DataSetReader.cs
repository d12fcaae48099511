using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Configuration;

/// <summary>Reads <c>data-sets</c>. Files are looked for when a sweep begins: they may come and go.</summary>
internal static class DataSetReader
{
    private const string Cure = "Write 'mt-bench: {pairs: [./mt-bench.jsonl]}', or 'comparisons' in place of 'pairs'.";

    public static Dictionary<string, DataSetConfig> Read(ConfigurationSection top, string folder, Func<string, bool> isName)
    {
        var result = new Dictionary<string, DataSetConfig>(StringComparer.Ordinal);
        if (top.Section("data-sets", Cure) is not { } all) return result;
        foreach (var name in all.Keys)
        {
            if (!isName(name)) all.Problem(name, $"data-sets has the name {SecretShape.Quote(name)}. A name has letters, digits, '.', '-' and '_', and begins with a letter or digit.");
            if (all.Section(name, Cure) is not { } section) continue;
            if (section.Has("pairs") == section.Has("comparisons")) section.Problem("pairs", $"{all.Option(name)} names {(section.Has("pairs") ? "both pairs and comparisons" : "no files")}. {Cure}");
            var kind = section.Has("comparisons") ? DataKind.Comparisons : DataKind.Pairs;
            string[] files = [.. (section.Texts(kind == DataKind.Pairs ? "pairs" : "comparisons", Cure) ?? []).Select(f => Path.GetFullPath(f.Text.Trim(), folder))];
            section.RefuseUnknown();
            if (files.Length > 0) result[name] = new DataSetConfig(name, kind, files);
        }

        return result;
    }
}
