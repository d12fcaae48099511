using Orchestration.Core.Judging.Solving;
using Orchestration.Core.MetaEvaluation.Biases;
using Orchestration.Core.MetaEvaluation.Probing;
using Orchestration.Core.Pairs;
using Orchestration.Core.Sweeps;
using Orchestration.Learning.Intervals;

namespace Orchestration.Core.MetaEvaluation;

/// <summary>A judge, and its own model as the solver of the same questions.</summary>
/// <param name="Judge">The judge's column.</param>
/// <param name="Solver">The solver's column.</param>
/// <param name="Rows">Comparisons whose truth code can check, and on which both gave an answer that can be read or, as a judge, a tie.</param>
/// <param name="Prompts">Prompts that they are of.</param>
/// <param name="NotCheckable">Labelled comparisons of which code cannot say what is right: no part of any figure.</param>
/// <param name="WithoutAnswer">Comparisons to which the solver gave no final answer that can be read.</param>
/// <param name="AsJudge">Accuracy as a judge on those rows, both orders together, ties wrong.</param>
/// <param name="AsSolver">Accuracy as a solver on the same rows.</param>
/// <param name="Difference">Judge less solver, paired by row.</param>
public sealed record SolverLine(string Judge, string Solver, int Rows, int Prompts, int NotCheckable, int WithoutAnswer, Estimate AsJudge, Estimate AsSolver, Estimate Difference);

/// <summary>Judging beside solving, as JudgeBench does (Tan et al. 2024, section 4.3): who cannot answer a question can seldom tell which answer to it is right.</summary>
public static class SolverComparison
{
    /// <summary>The questions that can be put to a solver: each labelled comparison with what is right as code reads it.</summary>
    /// <param name="items">Comparisons.</param>
    /// <returns>Pairs with an empty answer whose reference marks the right final answer, by the ids of the comparisons, and how many labelled ones there is no such reference for.</returns>
    public static (IReadOnlyList<ProbeItem> Questions, int NotCheckable) Questions(IReadOnlyList<ProbeItem> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        var (questions, not) = (new List<ProbeItem>(), 0);
        foreach (var item in items)
        {
            if (item.Label is not (Preference.A or Preference.B)) continue;
            var isA = item.Label == Preference.A;
            var truth = item.Reference is { } reference ? FinalAnswer.OfReference(reference) : FinalAnswer.OfBetter(isA ? item.Answer : item.AnswerB!, isA ? item.AnswerB! : item.Answer);
            if (truth is null) not++;
            else questions.Add(new ProbeItem { Id = item.Id, Prompt = item.Prompt, Answer = "", Group = item.Group, Category = item.Category, Reference = truth.ToText() });
        }

        return (questions, not);
    }

    /// <summary>One judge beside its solver.</summary>
    /// <param name="judge">The judge's column.</param>
    /// <param name="solver">The solver's column.</param>
    /// <param name="items">Comparisons.</param>
    /// <param name="questions">What the solver was asked.</param>
    /// <param name="notCheckable">Labelled comparisons without a question.</param>
    /// <param name="verdicts">What the judge said, by the comparisons' ids.</param>
    /// <param name="answers">What the solver came to, likewise.</param>
    /// <param name="options">Resamples of prompts.</param>
    public static SolverLine Of(
        string judge, string solver, IReadOnlyList<ProbeItem> items, IReadOnlyList<ProbeItem> questions, int notCheckable, JudgedRows verdicts, JudgedRows answers, BootstrapOptions options)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(questions);
        ArgumentNullException.ThrowIfNull(verdicts);
        ArgumentNullException.ThrowIfNull(answers);
        var byId = items.ToDictionary(static i => i.Id, StringComparer.Ordinal);
        var (asJudge, asSolver, difference, without) = (new GroupedMean(), new GroupedMean(), new GroupedMean(), 0);
        foreach (var question in questions)
        {
            var solved = answers.Of(question.Id, solver).Score;
            if (double.IsNaN(solved))
            {
                without++;
                continue;
            }

            var item = byId[question.Id];
            var said = verdicts.Of(item.Id, judge);
            var tally = new VerdictTally();
            tally.Add(item.Label, said.AsShown, said.Swapped, null);
            asJudge.Add(tally.Accuracy, item.Group);
            asSolver.Add(solved, item.Group);
            difference.Add(tally.Accuracy - solved, item.Group);
        }

        return new SolverLine(judge, solver, asJudge.Count, asJudge.Groups, notCheckable, without, asJudge.ShareOf(options), asSolver.ShareOf(options), difference.Of(options));
    }
}
