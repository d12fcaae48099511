using System.Collections.Concurrent;
using Orchestration.Core;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Sweeps;
using Orchestration.Silo.Hosting;

namespace Orchestration.Silo.Judging;

/// <summary>
/// The judges of a silo: made from the configuration when somebody first asks for them, and made anew when it changes, while requests in flight end with those
/// that they began with. Safe for concurrent use.
/// </summary>
/// <param name="state">The silo.</param>
internal sealed class SiloJudges(SiloState state) : IConfigured
{
    /// <summary>Benches that are kept; whoever names judges in ever new combinations has them made again.</summary>
    private const int MostBenches = 64;

    /// <summary>Sweeps whose judges are kept.</summary>
    private const int MostSweeps = 256;

    private volatile Generation _current = null!;

    /// <summary>The configuration that the judges of now are made from.</summary>
    public OrchestrationConfig Config => _current.Config;

    /// <summary>The aggregators in use, for a feed to keep up to date.</summary>
    public IReadOnlyCollection<Aggregator> HostedAggregators => [.. _current.Hosted().SelectMany(static actors => actors.HostedAggregators)];

    /// <summary>The catalog; it is to be used under its lock.</summary>
    public ResolvedJudges Resolve(IReadOnlyList<string> specs) => _current.Resolve(specs);

    /// <summary>Scales of recorded judges look at rubrics; these are they.</summary>
    public Core.Rubrics.RubricLibrary Rubrics => _current.Catalog.Rubrics;

    /// <inheritdoc/>
    public ValueTask<Action> PrepareAsync(OrchestrationConfig config, SiloDeployments deployments, CancellationToken cancellationToken)
    {
        var next = new Generation(config, new JudgeCatalog(config, JudgeCatalog.RubricsOf(config), deployments, state.Purchases), state);
        return ValueTask.FromResult<Action>(() => _current = next);
    }

    /// <summary>The judges that a request names.</summary>
    /// <param name="kind">What they are to judge.</param>
    /// <param name="specs">Judge sets, panels, reward deployments, code judges, RUBRIC@DEPLOYMENT.</param>
    /// <param name="hasReferences">False where no row has a reference.</param>
    /// <exception cref="OrchestrationException">A judge that there is not, or one that a request may not name.</exception>
    public JudgeBench Bench(DataKind kind, IReadOnlyList<string> specs, bool hasReferences)
    {
        Refuse(specs);
        return _current.Bench(kind, specs, hasReferences);
    }

    /// <summary>The judges of a stored sweep, as it fixed them.</summary>
    /// <exception cref="OrchestrationException">One of them cannot be made as it was.</exception>
    public IActors OfSweep(SweepRecord sweep) => _current.OfSweep(sweep);

    /// <summary>A request names judges, never files of this machine.</summary>
    public static void Refuse(IReadOnlyList<string> specs)
    {
        if (specs.Count == 0) throw new OrchestrationException(ErrorCodes.Usage, "judges is empty. Name a judge set of the configuration, or judges.");
        if (specs.Any(static s => s.Contains("replay:", StringComparison.OrdinalIgnoreCase)))
            throw new OrchestrationException(ErrorCodes.Usage, "Recorded judgments (replay:FILE) cannot be named in a request: it would read a file of the server. Use 'orchestrate sweep run' on the machine that has it.");
    }

    private sealed class Generation(OrchestrationConfig config, JudgeCatalog catalog, SiloState state)
    {
        private readonly ConcurrentDictionary<string, Lazy<JudgeBench>> _benches = new(StringComparer.Ordinal);
        private readonly ConcurrentDictionary<string, EmbeddedActors> _sweeps = new(StringComparer.Ordinal);

        // A catalog makes each deployment's judge parts once and keeps them in plain dictionaries.
        private readonly Lock _catalog = new();

        public OrchestrationConfig Config => config;

        public JudgeCatalog Catalog => catalog;

        public IEnumerable<EmbeddedActors> Hosted() => _benches.Values.Where(static b => b.IsValueCreated).Select(static b => b.Value.Actors).Concat(_sweeps.Values);

        public ResolvedJudges Resolve(IReadOnlyList<string> specs)
        {
            lock (_catalog) return catalog.Resolve(specs);
        }

        public JudgeBench Bench(DataKind kind, IReadOnlyList<string> specs, bool hasReferences)
        {
            var key = $"{kind} {hasReferences} {string.Join('\n', specs)}";
            if (_benches.TryGetValue(key, out var known)) return known.Value;

            // Made before it is kept: what cannot be made is not remembered.
            var bench = Make(kind, specs, hasReferences);
            if (_benches.Count >= MostBenches) _benches.Clear();
            return _benches.GetOrAdd(key, new Lazy<JudgeBench>(bench)).Value;
        }

        public EmbeddedActors OfSweep(SweepRecord sweep)
        {
            if (_sweeps.TryGetValue(sweep.Id, out var known)) return known;
            EmbeddedActors actors;
            lock (_catalog) actors = new EmbeddedActors(catalog.Rebuild(sweep), state.Store.Judgments, state.Options.Time, state.Store.Aggregators);
            if (_sweeps.Count >= MostSweeps) _sweeps.Clear();
            return _sweeps.GetOrAdd(sweep.Id, actors);
        }

        private JudgeBench Make(DataKind kind, IReadOnlyList<string> specs, bool hasReferences)
        {
            var judges = Resolve(specs);
            if (judges.RecordedFiles.Count != 0)
                throw new OrchestrationException(ErrorCodes.Usage, $"The judges {string.Join(", ", specs)} hold recorded judgments, which exist for the rows of a data set only. Name judges that can be asked.");
            return JudgeBench.Of(kind, judges, hasReferences, new EmbeddedActors(judges.Judges, state.Store.Judgments, state.Options.Time, state.Store.Aggregators));
        }
    }
}
