using Orchestration.Core.MetaEvaluation.Probing;
using Orchestration.Core.Pairs;

namespace Orchestration.Core.MetaEvaluation.Biases;

/// <summary>One item with one bias injected.</summary>
/// <param name="Item">The item as the data has it.</param>
/// <param name="Bias">What was injected.</param>
/// <param name="OnB">True where it was done to answer B of a comparison.</param>
/// <param name="AfterId">Id of the row with the bias in it.</param>
/// <param name="ControlId">Id of the row that it is held against.</param>
/// <param name="LogLength">Logarithm of how much longer the injected answer is than that of the control.</param>
public sealed record BiasProbe(ProbeItem Item, Bias Bias, bool OnB, string AfterId, string ControlId, double LogLength);

/// <summary>The rows that judges are asked for a study of biases, made from the data and the seed alone.</summary>
public sealed class BiasProbes
{
    private readonly Dictionary<string, int> _unsuited = new(StringComparer.Ordinal);

    private BiasProbes(IReadOnlyList<ProbeItem> items, ulong seed) => (Items, Seed) = (items, seed);

    /// <summary>The items as they are.</summary>
    public IReadOnlyList<ProbeItem> Items { get; }

    /// <summary>The seed.</summary>
    public ulong Seed { get; }

    /// <summary>The scale of human scores, lowest and highest; null for the range of the data.</summary>
    public (double Low, double High)? TargetRange { get; init; }

    /// <summary>What was injected, item by item and bias by bias.</summary>
    public IReadOnlyList<BiasProbe> All { get; private set; } = [];

    /// <summary>All rows to judge: each item as it is, and the injections with their controls.</summary>
    public IReadOnlyList<ProbeItem> Rows { get; private set; } = [];

    /// <summary>By bias, items that it could not be injected into so that the label surely holds.</summary>
    public IReadOnlyDictionary<string, int> Unsuited => _unsuited;

    /// <summary>The id of an item's row without any bias.</summary>
    public static string Before(string id) => $"before/{id}";

    /// <summary>Injects biases.</summary>
    /// <param name="items">Pairs or comparisons.</param>
    /// <param name="biases">Which ones.</param>
    /// <param name="seed">Decides wordings, and which answer of a comparison without a label is taken.</param>
    /// <param name="targetRange">The scale of human scores; null for the range of the data.</param>
    public static BiasProbes Of(IReadOnlyList<ProbeItem> items, IReadOnlyList<Bias> biases, ulong seed, (double Low, double High)? targetRange = null)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(biases);
        var probes = new BiasProbes(items, seed) { TargetRange = targetRange };
        var (all, rows) = (new List<BiasProbe>(), new List<ProbeItem>());
        foreach (var item in items)
        {
            rows.Add(item with { Id = Before(item.Id) });
            foreach (var bias in biases)
            {
                var onB = OnB(item, bias, seed);
                var answer = onB ? item.AnswerB! : item.Answer;
                if (bias.Inject(new BiasMaterial(answer, item.Reference, ProbeSeed.Of(seed, bias.Id, item.Id))) is not { } injection)
                {
                    probes._unsuited[bias.Id] = probes._unsuited.GetValueOrDefault(bias.Id) + 1;
                    continue;
                }

                var after = With(item, onB, injection.Answer) with { Id = $"{bias.Id}/after/{item.Id}", Reference = injection.Reference };
                rows.Add(after);
                var control = Before(item.Id);
                if (injection.Control is { } neutral) rows.Add(With(item, onB, neutral) with { Id = control = $"{bias.Id}/control/{item.Id}" });
                all.Add(new BiasProbe(item, bias, onB, after.Id, control, Math.Log((injection.Answer.Length + 1.0) / ((injection.Control ?? answer).Length + 1.0))));
            }
        }

        (probes.All, probes.Rows) = (all, rows);
        return probes;
    }

    // Into the answer that people prefer less: a judge that is moved by it is moved away from the label. An error in the reference can only hurt the better one.
    private static bool OnB(ProbeItem item, Bias bias, ulong seed) => item.IsComparison && item.Label switch
    {
        Preference.A => !bias.IsOfReference,
        Preference.B => bias.IsOfReference,
        _ => (ProbeSeed.Of(seed, "side", item.Id) & 1) == 1,
    };

    private static ProbeItem With(ProbeItem item, bool onB, string answer) => onB ? item with { AnswerB = answer } : item with { Answer = answer };
}
