using Orchestration.Core;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.MetaEvaluation.Biases;

namespace Orchestration.Cli.Meta.Live;

/// <summary>One judge that a check asks.</summary>
/// <param name="Spec">As a sweep takes it.</param>
/// <param name="Descriptor">What is fixed of it.</param>
/// <param name="Deployment">The deployment behind it; null where there is none, or several.</param>
/// <param name="Rubric">Its rubric's id; null where it has none.</param>
/// <param name="IsPlain">True for a language model by itself, which can be asked again, revise, and have its rubric put in other words.</param>
/// <param name="IsSampled">True where it is asked several times anyway.</param>
internal sealed record LiveJudge(string Spec, JudgeDescriptor Descriptor, string? Deployment, string? Rubric, bool IsPlain, bool IsSampled)
{
    /// <summary>The columns of results.</summary>
    public IEnumerable<string> Columns => Descriptor.Dimensions.Select(static d => d.Name);

    /// <summary>The same judge with something added to its protocol: <c>helpfulness@gpt</c> and <c>revise</c> give <c>helpfulness:revise@gpt</c>.</summary>
    public string With(string part)
    {
        var at = Spec.LastIndexOf('@');
        var separator = Spec.AsSpan(0, at).Contains(':') ? '+' : ':';
        return $"{Spec[..at]}{separator}{part}{Spec[at..]}";
    }

    /// <summary>The same judge by another rubric.</summary>
    public string ByRubric(string rubric) => rubric + Spec[Rubric!.Length..];

    /// <summary>The column of another specification of the same judge that stands for this one's.</summary>
    public string ColumnOf(string otherSpec, string column) => otherSpec + column[Spec.Length..];
}

/// <summary>The judges that a check asks, and those that it cannot.</summary>
internal static class LiveJudges
{
    public static (List<LiveJudge> Judges, List<LeftOutJudge> LeftOut) Resolve(JudgeCatalog catalog, IReadOnlyList<string> specs)
    {
        var resolved = catalog.Resolve(specs);
        var (judges, leftOut) = (new List<LiveJudge>(), new List<LeftOutJudge>());
        foreach (var file in resolved.RecordedFiles) leftOut.Add(new LeftOutJudge($"replay:{file}", "recorded: a file says nothing of rows that were made for this check"));
        for (var i = 0; i < resolved.Judges.Count; i++)
        {
            var (judge, planned) = (resolved.Judges[i], resolved.Planned[i].Fixed);
            var plain = judge as LlmJudge;
            judges.Add(new LiveJudge(planned.Spec, judge.Descriptor, planned.Deployment, plain is null ? null : RubricOf(planned.Spec), plain is { FirstRepeat: 0 }, plain is { CallsPerItem: > 1 }));
        }

        return (judges, leftOut);
    }

    /// <summary>The specifications that a sweep takes: code judges are several in one.</summary>
    public static IEnumerable<string> Specs(IEnumerable<LiveJudge> judges) =>
        judges.SelectMany(static j => j.Descriptor.Kind == JudgeKind.Code ? j.Spec.Split(',') : [j.Spec]);

    /// <exception cref="OrchestrationException">Nobody is left (<see cref="ErrorCodes.Usage"/>).</exception>
    public static void RequireAny(IReadOnlyCollection<LiveJudge> judges, IReadOnlyList<LeftOutJudge> leftOut)
    {
        if (judges.Count == 0) throw new OrchestrationException(ErrorCodes.Usage, $"No judge can take part. {string.Join(" ", leftOut.Select(static l => $"{l.Judge}: {l.Reason}."))}");
    }

    private static string RubricOf(string spec)
    {
        var left = spec[..spec.LastIndexOf('@')];
        var colon = left.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? left : left[..colon];
    }
}
