using System.Globalization;
using System.Text;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Pairs;
using Orchestration.Core.Spending;

namespace Orchestration.Core.Judging.Answers;

/// <summary>How a model is asked for answers. All of it is part of an answer's address.</summary>
public sealed record AnswerSettings
{
    /// <summary>The instruction before the question; may be empty.</summary>
    public string Instruction { get; init; } = "";

    /// <summary>Sampling temperature, 0–2; null leaves it out. Default 1: several answers to one question shall differ.</summary>
    public double? Temperature { get; init; } = 1;

    /// <summary>Maximum output of a call in tokens, at least 1. Default 1024.</summary>
    public int MaxOutputTokens { get; init; } = 1024;

    /// <summary>Sampling seed, to which the number of the answer is added; null sends none.</summary>
    public long? Seed { get; init; }
}

/// <summary>An answer as the store holds it.</summary>
/// <param name="Text">Its text; null where the model gave none.</param>
/// <param name="IsCutOff">True where it was cut at the maximum output.</param>
/// <param name="Failure">One of <see cref="UnscoredReason"/>; null where there is a text.</param>
/// <param name="IsFromStore">True where nothing was bought now.</param>
/// <param name="Totals">What buying took.</param>
public sealed record BoughtAnswer(string? Text, bool IsCutOff, string? Failure, bool IsFromStore, CallTotals Totals);

/// <summary>
/// Answers of one model, bought once: an answer is kept as a stored judgment whose words are the answer (1 where it came to its end, 0 where it was cut off), under the hash of question, model, instruction and
/// parameters and the answer's number. So all that holds of judgments holds of answers: durable before they count, single-flight, money reserved and settled, failures not stored. Safe for concurrent use.
/// </summary>
public sealed class AnswerSource
{
    private const int TokensOfFraming = 96;

    private readonly IChatDeployment _deployment;
    private readonly AnswerSettings _settings;
    private readonly JudgmentPurchases _purchases;
    private readonly Hash128 _version;

    /// <summary>Creates it.</summary>
    /// <param name="deployment">The model.</param>
    /// <param name="settings">How it is asked.</param>
    /// <param name="purchases">Store, ledger and single-flight, shared by the process.</param>
    public AnswerSource(IChatDeployment deployment, AnswerSettings settings, JudgmentPurchases purchases)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(purchases);
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.MaxOutputTokens, 1, nameof(settings));
        (_deployment, _settings, _purchases) = (deployment, settings, purchases);
        var model = deployment.Model;
        _version = PairHash.Of(
            "answer 1", settings.Instruction, model.Publisher, model.Name, model.Snapshot, settings.Temperature?.ToString("R", CultureInfo.InvariantCulture) ?? "",
            settings.MaxOutputTokens.ToString(CultureInfo.InvariantCulture), settings.Seed?.ToString(CultureInfo.InvariantCulture) ?? "");
    }

    /// <summary>What answers are bought as, in the ledger.</summary>
    public const string Purpose = "answer";

    /// <summary>How many answers are usefully asked for at once.</summary>
    public int Concurrency => Math.Max(1, _deployment.Concurrency) * 2;

    /// <summary>Upper bound of one answer in US dollars, first attempt alone; null where the deployment has no prices.</summary>
    /// <param name="question">The question.</param>
    public decimal? BoundUsd(string question) => _deployment.Prices?.UpperBound(Encoding.UTF8.GetByteCount(_settings.Instruction) + Encoding.UTF8.GetByteCount(question) + TokensOfFraming, _settings.MaxOutputTokens);

    /// <summary>An answer from the store, or bought.</summary>
    /// <param name="question">The question.</param>
    /// <param name="number">0 for the first answer, 1, 2, … for further ones.</param>
    /// <param name="payer">Who pays.</param>
    /// <param name="cancellationToken">Stops before the call; one that was sent is awaited and stored.</param>
    /// <exception cref="SpendCapReachedException">The call does not fit under the payer's cap.</exception>
    public async ValueTask<BoughtAnswer> AskAsync(string question, int number, string? payer, CancellationToken cancellationToken)
    {
        var address = new JudgmentAddress(PairHash.Of("question", question), _version, number);
        var purchase = await _purchases.GetAsync(address, 1, new Seller(this, question, number), _purchases.TermsFor(payer, null), cancellationToken);
        if (purchase.Values is not { } values) return new BoughtAnswer(null, false, purchase.Reason, false, purchase.Totals);
        var text = await _purchases.RationaleAsync(address, purchase, cancellationToken);
        return new BoughtAnswer(text ?? "", values[0] == 0, null, purchase.IsFromStore, purchase.Totals);
    }

    private sealed class Seller(AnswerSource source, string question, int number) : ISeller
    {
        public string Deployment => source._deployment.Name;

        public int Concurrency => source._deployment.Concurrency;

        public async ValueTask<Sale> SellAsync(PurchaseTerms terms, CancellationToken cancellationToken)
        {
            var (deployment, settings) = (source._deployment, source._settings);
            var bound = terms.KeepsAccount ? source.BoundUsd(question) : null;
            var reservation = await terms.ReserveAsync(new SpendPurpose(Purpose, deployment.Name), bound * deployment.MaxAttempts, cancellationToken);
            ChatReply reply;
            try
            {
                reply = await deployment.CompleteAsync(
                    new ChatRequest
                    {
                        System = settings.Instruction,
                        User = question,
                        MaxOutputTokens = settings.MaxOutputTokens,
                        Temperature = settings.Temperature,
                        Seed = settings.Seed is { } seed ? unchecked(seed + number) : null,
                        Origin = terms.OriginOf(Purpose),
                    },
                    cancellationToken);
            }
            catch (Exception failure)
            {
                // Cancelled before it was sent, or refused as every call would be: nothing was charged. Of anything else nobody knows.
                var isFree = failure is OperationCanceledException or OrchestrationException;
                await terms.SettleAsync(reservation, 0, isFree ? 0 : reservation?.AmountUsd ?? 0);
                throw;
            }

            var settling = terms.SettleAsync(reservation, reply.Totals.CostUsd, (bound ?? 0) * Math.Min(reply.UnknownAttempts, deployment.MaxAttempts)).AsTask();
            var reason = reply.Failure ?? (reply.Refusal is not null ? UnscoredReason.Refused : reply.Finish == FinishReason.ContentFilter ? UnscoredReason.Filtered : string.IsNullOrWhiteSpace(reply.Text) ? UnscoredReason.Unreadable : null);
            if (reason is null)
            {
                var detail = new JudgmentDetail { Rationale = reply.Text, ServedModel = reply.ServedModel, Fingerprint = reply.Fingerprint, Totals = reply.Totals };
                return new Sale([reply.Finish == FinishReason.Length ? 0 : 1], null, detail) { Settling = settling };
            }

            await settling;
            if (reply.Failure is not null) cancellationToken.ThrowIfCancellationRequested();
            return new Sale(null, reason, new JudgmentDetail { Totals = reply.Totals });
        }
    }
}
