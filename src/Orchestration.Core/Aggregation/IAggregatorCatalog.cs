namespace Orchestration.Core.Aggregation;

/// <summary>
/// Aggregator versions and which of them counts, shared by every process that opens the same store. Versions are immutable; each name has one setting
/// (active version, shadow, canary) with an epoch that every change raises, and a change made under an older epoch is refused, as a value. Every
/// attempt to activate is on record, also those that were refused. Safe for concurrent use.
/// </summary>
public interface IAggregatorCatalog
{
    /// <summary>Adds a version to its name; the first writer wins. False where the name has it already, and then nothing is written.</summary>
    ValueTask<bool> AddAsync(StoredAggregator version, CancellationToken cancellationToken);

    /// <summary>A version with its weights by its whole id; null where there is none. Of several names that have it, the first in ordinal order.</summary>
    /// <param name="id">64 hexadecimal digits.</param>
    /// <param name="name">The name that should have it; null for any.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<StoredAggregator?> FindAsync(string id, string? name, CancellationToken cancellationToken);

    /// <summary>The versions of a name, or of all names where it is null, newest first; without weights.</summary>
    ValueTask<IReadOnlyList<AggregatorHead>> ListAsync(string? name, CancellationToken cancellationToken);

    /// <summary>The setting of a name; for a name that nobody has set, epoch 0 and nothing active.</summary>
    ValueTask<AggregatorSetting> SettingAsync(string name, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces a name's setting and records the attempt, in one step, if its epoch is still <paramref name="epoch"/>.
    /// Null where it is not, and then nothing is written. Versions it names must be in the catalog under that name.
    /// </summary>
    /// <param name="epoch">The epoch that the change was decided under.</param>
    /// <param name="setting">The new setting; its epoch is not looked at and is one more than <paramref name="epoch"/> afterwards.</param>
    /// <param name="attempt">What to record; null for changes of shadow and canary.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OrchestrationException">The setting names a version that the name does not have (<see cref="ErrorCodes.NotFound"/>).</exception>
    ValueTask<AggregatorSetting?> TryChangeAsync(long epoch, AggregatorSetting setting, ActivationAttempt? attempt, CancellationToken cancellationToken);

    /// <summary>Records an attempt that changed nothing: a refusal.</summary>
    ValueTask RecordAsync(ActivationAttempt attempt, CancellationToken cancellationToken);

    /// <summary>The attempts on a name, newest first.</summary>
    ValueTask<IReadOnlyList<ActivationAttempt>> AttemptsAsync(string name, CancellationToken cancellationToken);

    /// <summary>
    /// The change feed: names whose setting changed after <paramref name="after"/>, each once, and where to go on from. Cheap enough to be asked
    /// several times a second.
    /// </summary>
    ValueTask<AggregatorChanges> ChangesAsync(long after, CancellationToken cancellationToken);

    /// <summary>
    /// Returns when the change feed may have something new, as far as the store can tell, or when the time is up: a hint to look at
    /// <see cref="ChangesAsync"/>, which is the truth.
    /// </summary>
    ValueTask WaitAsync(TimeSpan most, CancellationToken cancellationToken);

    /// <summary>Adds to what is known of two versions that scored the same rows.</summary>
    ValueTask AddComparisonAsync(string name, LiveComparison comparison, CancellationToken cancellationToken);

    /// <summary>The live comparisons of a name, in the order of their versions.</summary>
    ValueTask<IReadOnlyList<LiveComparison>> ComparisonsAsync(string name, CancellationToken cancellationToken);
}

/// <summary>A version as stored.</summary>
/// <param name="Name">The aggregator's name.</param>
/// <param name="Id">64 hexadecimal digits.</param>
/// <param name="Model">The model that came of its training, for lists.</param>
/// <param name="Manifest">The manifest: JSON.</param>
/// <param name="Weights">The weights: safetensors.</param>
public sealed record StoredAggregator(string Name, string Id, string Model, byte[] Manifest, byte[] Weights);

/// <summary>What a list shows of a version.</summary>
/// <param name="Name">The aggregator's name.</param>
/// <param name="Id">64 hexadecimal digits.</param>
/// <param name="Model">The model that came of its training.</param>
/// <param name="AddedAt">When it came into this store, UTC.</param>
public sealed record AggregatorHead(string Name, string Id, string Model, DateTimeOffset AddedAt);

/// <summary>Which versions of a name count. Immutable: a change is another setting.</summary>
public sealed record AggregatorSetting
{
    /// <summary>How many earlier active versions are kept to go back to.</summary>
    public const int MaxEarlier = 100;

    /// <summary>The aggregator's name.</summary>
    public required string Name { get; init; }

    /// <summary>Raised by every change; 0 before the first.</summary>
    public long Epoch { get; init; }

    /// <summary>The version whose scores are returned; null where none is active.</summary>
    public string? Active { get; init; }

    /// <summary>Versions that were active before, the latest last; an empty text where none was. A rollback takes the last one off.</summary>
    public IReadOnlyList<string> Earlier { get; init; } = [];

    /// <summary>A version that is scored beside the active one and never returned.</summary>
    public string? Shadow { get; init; }

    /// <summary>A version that is returned for <see cref="CanaryShare"/> of the pairs.</summary>
    public string? Canary { get; init; }

    /// <summary>Share of the pairs, 0–1, chosen by hash of the pair.</summary>
    public double CanaryShare { get; init; }

    /// <summary>The versions that this setting names, each once.</summary>
    public IEnumerable<string> Named => new[] { Active, Shadow, Canary }.OfType<string>().Distinct(StringComparer.Ordinal);

    /// <inheritdoc/>
    public bool Equals(AggregatorSetting? other) =>
        other is not null && Name == other.Name && Epoch == other.Epoch && Active == other.Active && Shadow == other.Shadow && Canary == other.Canary
        && CanaryShare.Equals(other.CanaryShare) && Earlier.SequenceEqual(other.Earlier, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Epoch, Active, Shadow, Canary, CanaryShare, Earlier.Count);
}

/// <summary>How an attempt to make a version active ended.</summary>
public enum AttemptOutcome
{
    /// <summary>The test was passed; the version is active.</summary>
    Accepted,

    /// <summary>The test was not passed; what was active stays.</summary>
    Refused,

    /// <summary>Made active without the test, for the reason given.</summary>
    Forced,

    /// <summary>Gone back to the version that was active before.</summary>
    RolledBack,
}

/// <summary>One attempt, as recorded.</summary>
/// <param name="Name">The aggregator's name.</param>
/// <param name="Version">The version that was to be active; null for none (a rollback to before the first).</param>
/// <param name="Previous">The version that was active at the time; null for none.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Reason">Why: what the test found, or what the user gave as reason.</param>
/// <param name="By">Who asked, as far as the system tells.</param>
/// <param name="At">When, UTC; stamped by the catalog.</param>
public sealed record ActivationAttempt(
    string Name, string? Version, string? Previous, AttemptOutcome Outcome, string Reason, string? By, DateTimeOffset At = default);

/// <summary>What the change feed tells.</summary>
/// <param name="Through">Go on from here.</param>
/// <param name="Names">Names whose setting changed, in ordinal order.</param>
public sealed record AggregatorChanges(long Through, IReadOnlyList<string> Names);

/// <summary>Sums over rows that two versions scored, which add up over processes in any order.</summary>
/// <param name="Active">The version that was active.</param>
/// <param name="Other">The shadow or canary.</param>
/// <param name="Rows">Rows that both scored.</param>
/// <param name="OnlyActive">Rows that only the active version scored.</param>
/// <param name="OnlyOther">Rows that only the other one scored.</param>
/// <param name="Sum">Sum of the active version's scores.</param>
/// <param name="OtherSum">Sum of the other's.</param>
/// <param name="Squares">Sum of squares of the active version's scores.</param>
/// <param name="OtherSquares">Sum of squares of the other's.</param>
/// <param name="Products">Sum of products.</param>
/// <param name="MaxDifference">The largest absolute difference.</param>
public sealed record LiveComparison(
    string Active, string Other, long Rows, long OnlyActive, long OnlyOther, double Sum, double OtherSum, double Squares, double OtherSquares, double Products, double MaxDifference)
{
    /// <summary>Both together.</summary>
    public LiveComparison Plus(LiveComparison more) => this with
    {
        Rows = Rows + more.Rows,
        OnlyActive = OnlyActive + more.OnlyActive,
        OnlyOther = OnlyOther + more.OnlyOther,
        Sum = Sum + more.Sum,
        OtherSum = OtherSum + more.OtherSum,
        Squares = Squares + more.Squares,
        OtherSquares = OtherSquares + more.OtherSquares,
        Products = Products + more.Products,
        MaxDifference = Math.Max(MaxDifference, more.MaxDifference),
    };

    /// <summary>Mean of the other's score less the active version's; NaN without rows.</summary>
    public double MeanDifference => (OtherSum - Sum) / Rows;

    /// <summary>Root mean squared difference; NaN without rows.</summary>
    public double RootMeanSquaredDifference => Math.Sqrt(Math.Max(0, Squares + OtherSquares - 2 * Products) / Rows);

    /// <summary>Pearson's correlation; NaN where one of them does not vary.</summary>
    public double Correlation
    {
        get
        {
            var covariance = Products - Sum * OtherSum / Rows;
            var variance = Squares - Sum * Sum / Rows;
            var otherVariance = OtherSquares - OtherSum * OtherSum / Rows;
            return variance > 1e-12 * Squares && otherVariance > 1e-12 * OtherSquares ? covariance / Math.Sqrt(variance * otherVariance) : double.NaN;
        }
    }
}
