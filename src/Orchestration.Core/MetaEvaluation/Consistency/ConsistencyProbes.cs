using System.Globalization;
using Orchestration.Core.MetaEvaluation.Probing;
using Orchestration.Core.Pairs;

namespace Orchestration.Core.MetaEvaluation.Consistency;

/// <summary>A row in one variant.</summary>
/// <param name="BaseId">The row as it is.</param>
/// <param name="VariantId">The row changed.</param>
/// <param name="Probe">What was changed.</param>
/// <param name="Variant">How.</param>
/// <param name="Group">The prompt.</param>
public sealed record ConsistencyVariant(string BaseId, string VariantId, ConsistencyProbe Probe, string Variant, string Group);

/// <summary>The rows that judges are asked to be held against themselves: rows as they are, and variants of them that should not matter.</summary>
public sealed class ConsistencyProbes
{
    private ConsistencyProbes(IReadOnlyList<ProbeItem> rows, IReadOnlyList<ProbeItem> changed, IReadOnlyList<ConsistencyVariant> variants) => (Base, Changed, Variants) = (rows, changed, variants);

    /// <summary>The rows as they are, with the ids under which they are judged.</summary>
    public IReadOnlyList<ProbeItem> Base { get; }

    /// <summary>The changed rows.</summary>
    public IReadOnlyList<ProbeItem> Changed { get; }

    /// <summary>What became of what.</summary>
    public IReadOnlyList<ConsistencyVariant> Variants { get; }

    /// <summary>Pairs or comparisons as they are, with variants.</summary>
    /// <param name="items">Pairs or comparisons.</param>
    /// <param name="onePerPrompt">True to change one row a prompt only, which the seed decides: enough to see, at a fraction of the calls.</param>
    /// <param name="seed">The seed.</param>
    public static ConsistencyProbes Of(IReadOnlyList<ProbeItem> items, bool onePerPrompt, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(items);
        ProbeItem[] rows = [.. items.Select(static i => i with { Id = BaseId(i.Id) })];
        var (changed, variants) = (new List<ProbeItem>(), new List<ConsistencyVariant>());
        var taken = onePerPrompt ? items.GroupBy(static i => i.Group, StringComparer.Ordinal).Select(g => g.MinBy(i => ProbeSeed.Of(seed, "one", i.Id))!.Id).ToHashSet(StringComparer.Ordinal) : null;
        foreach (var item in items)
        {
            if (taken?.Contains(item.Id) == false) continue;
            foreach (var rewording in Rewordings.Surface)
            {
                var other = item with { Answer = rewording.Apply(item.Answer), AnswerB = item.AnswerB is { } b ? rewording.Apply(b) : null };
                if (other.Answer != item.Answer || other.AnswerB != item.AnswerB) Take(item, other, ConsistencyProbe.Surface, rewording.Name);
            }

            // No judge is shown an id: this one costs nothing, and shows that it does not matter.
            Take(item, item, ConsistencyProbe.Surface, "id");
            for (var k = 0; k < item.Paraphrases.Count; k++) Take(item, item with { Prompt = item.Paraphrases[k] }, ConsistencyProbe.Question, string.Create(CultureInfo.InvariantCulture, $"given-{k + 1}"));
            foreach (var rewording in Rewordings.Questions) Take(item, item with { Prompt = rewording.Apply(item.Prompt) }, ConsistencyProbe.Question, rewording.Name);
        }

        return new ConsistencyProbes(rows, changed, variants);

        void Take(ProbeItem item, ProbeItem other, ConsistencyProbe probe, string variant)
        {
            var id = $"{(probe == ConsistencyProbe.Surface ? "surface" : "question")}/{variant}/{item.Id}";
            changed.Add(other with { Id = id });
            variants.Add(new ConsistencyVariant(BaseId(item.Id), id, probe, variant, item.Group));
        }
    }

    /// <summary>The id of a row as it is.</summary>
    public static string BaseId(string id) => $"base/{id}";

    /// <summary>Every comparison of two answers to one prompt, from pairs; of a prompt with more answers than <paramref name="most"/> so many, which the seed decides.</summary>
    /// <param name="pairs">Pairs.</param>
    /// <param name="most">Answers a prompt, at least 2.</param>
    /// <param name="seed">The seed.</param>
    public static IReadOnlyList<ProbeItem> ComparisonsOf(IReadOnlyList<ProbeItem> pairs, int most, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 2);
        var comparisons = new List<ProbeItem>();
        foreach (var group in pairs.GroupBy(static p => p.Group, StringComparer.Ordinal))
        {
            var places = group.Select(static (pair, place) => (pair, place)).ToArray();
            var taken = places.OrderBy(p => ProbeSeed.Of(seed, "answer", p.pair.Id)).Take(most).OrderBy(static p => p.place).Select(static p => p.pair).ToArray();
            for (var a = 0; a < taken.Length; a++)
            {
                for (var b = a + 1; b < taken.Length; b++)
                {
                    var (first, second) = (taken[a], taken[b]);
                    if (first.Answer == second.Answer) continue;
                    comparisons.Add(first with
                    {
                        Id = $"{first.Id} vs {second.Id}",
                        AnswerB = second.Answer,
                        SourceB = second.Source,
                        Label = double.IsNaN(first.Target) || double.IsNaN(second.Target) ? null : (Preference)Math.Sign(first.Target - second.Target),
                    });
                }
            }
        }

        return comparisons;
    }
}
