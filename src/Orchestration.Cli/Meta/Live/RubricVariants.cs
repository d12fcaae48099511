using Orchestration.Core;
using Orchestration.Core.MetaEvaluation.Biases;
using Orchestration.Core.MetaEvaluation.Consistency;
using Orchestration.Core.Rubrics;

namespace Orchestration.Cli.Meta.Live;

/// <summary>Rubrics in other words, as files of a folder that is read beside the configuration's.</summary>
/// <param name="Folder">The folder; null without any.</param>
/// <param name="All">Each with the rubric that it stands for, and its own id.</param>
/// <param name="LeftOut">Rewordings that could not be made, and why.</param>
internal sealed record RubricVariants(string? Folder, IReadOnlyList<(string Rubric, string Variant, string Id)> All, IReadOnlyList<LeftOutJudge> LeftOut)
{
    /// <summary>The variants of a rubric.</summary>
    public IEnumerable<(string Variant, string Id)> Of(string rubric) => All.Where(v => v.Rubric == rubric).Select(static v => (v.Variant, v.Id));

    /// <summary>Writes the variants of the rubrics that the settings' judges name: those given, or the built-in rewordings.</summary>
    /// <exception cref="OrchestrationException">A given file is no rubric, or scores on another scale (<see cref="ErrorCodes.Usage"/>, <see cref="ErrorCodes.Rubric"/>).</exception>
    public static RubricVariants Write(RubricLibrary library, LiveSettings settings, string[] given)
    {
        var folder = Path.Combine(settings.Folder, "rubrics");
        var (all, leftOut) = (new List<(string, string, string)>(), new List<LeftOutJudge>());
        var stated = given.Select(Given).ToLookup(static g => g.Rubric, static g => g.File, StringComparer.Ordinal);
        foreach (var rubric in library.Rubrics.Where(r => stated.Contains(r.Id) || settings.Judges.Any(j => IsBy(j, r.Id))))
        {
            if (stated[rubric.Id].ToArray() is { Length: > 0 } files)
            {
                for (var k = 0; k < files.Length; k++) Take(rubric, Path.GetFileNameWithoutExtension(files[k]).ToLowerInvariant(), FormattableString.Invariant($"{rubric.Id}-given-{k + 1}"), Checked(rubric, files[k]));
                continue;
            }

            foreach (var rewording in Rewordings.Rubrics)
            {
                var text = rewording.Apply(rubric.Text);
                if (text == rubric.Text) leftOut.Add(new LeftOutJudge($"{rubric.Id} ({rewording.Name})", "the rubric holds none of the words that it changes"));
                else if (TryParse(rubric, text) is { } other) Take(rubric, rewording.Name, $"{rubric.Id}-{rewording.Name}", other);
                else leftOut.Add(new LeftOutJudge($"{rubric.Id} ({rewording.Name})", "the rubric's form does not allow it"));
            }
        }

        foreach (var unknown in stated.Select(static s => s.Key).Where(id => !library.TryFind(id, out _)))
            throw new OrchestrationException(ErrorCodes.NotFound, $"--reworded {unknown}=…: there is no rubric '{unknown}'. 'orchestrate rubric list' shows those there are.");
        return new RubricVariants(all.Count == 0 ? null : folder, all, leftOut);

        void Take(Rubric rubric, string variant, string id, Rubric other)
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, id + ".md"), RubricFile.Write(other).Replace($"id: {other.Id}\n", $"id: {id}\n", StringComparison.Ordinal));
            all.Add((rubric.Id, variant, id));
        }
    }

    private static bool IsBy(string judge, string rubric) => judge.StartsWith(rubric + "@", StringComparison.Ordinal) || judge.StartsWith(rubric + ":", StringComparison.Ordinal);

    private static Rubric? TryParse(Rubric rubric, string text)
    {
        try
        {
            return RubricFile.Parse(rubric.File, RubricFile.Write(rubric).Replace(rubric.Text, text, StringComparison.Ordinal));
        }
        catch (OrchestrationException fault) when (fault.Code == ErrorCodes.Rubric)
        {
            return null;
        }
    }

    private static (string Rubric, string File) Given(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        return at > 0 && at < text.Length - 1 ? (text[..at], text[(at + 1)..]) : throw new OrchestrationException(ErrorCodes.Usage, $"--reworded {text}: write the rubric's id, '=', and the file that has it in other words.");
    }

    private static Rubric Checked(Rubric rubric, string file)
    {
        if (!File.Exists(file)) throw new OrchestrationException(ErrorCodes.Input, $"--reworded {rubric.Id}={file}: there is no such file.");
        var other = RubricFile.Parse(file, File.ReadAllText(file));
        var same = other.Protocol == rubric.Protocol && other.NeedsReference == rubric.NeedsReference && other.Dimensions.Count == rubric.Dimensions.Count
            && other.Dimensions.Zip(rubric.Dimensions).All(static d => d.First.Name == d.Second.Name && d.First.Scale == d.Second.Scale);
        return same ? other : throw new OrchestrationException(ErrorCodes.Usage, $"{file}: it has another protocol, other dimensions or another scale than rubric '{rubric.Id}', and so is not the same rubric in other words.");
    }
}
