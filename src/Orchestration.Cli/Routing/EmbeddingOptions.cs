using System.CommandLine;
using System.Globalization;
using Orchestration.Backends;
using Orchestration.Cli.Hosting;
using Orchestration.Cli.Pairs;
using Orchestration.Core;
using Orchestration.Core.Experiments;
using Orchestration.Core.Pairs;
using Orchestration.Core.Routing.Features;

namespace Orchestration.Cli.Routing;

/// <summary>The embeddings that a command asked for, or the status that it ends with instead.</summary>
/// <param name="Embeddings">All of them; null where none were asked for, or it ends.</param>
/// <param name="Exit">The exit status; null where it goes on.</param>
internal readonly record struct FetchedEmbeddings(PromptEmbeddings? Embeddings, int? Exit);

/// <summary>Who looks at embeddings, and at which.</summary>
/// <param name="Who">As a sentence begins: the model's file, or the policy.</param>
/// <param name="Need">What it was trained on; null where it reads words.</param>
internal readonly record struct EmbeddingUser(string Who, EmbeddingNeed? Need);

/// <summary>The options by which prompts are embedded, wherever they are: bought once, kept in the store, within a cap, resumed by the same command.</summary>
internal sealed class EmbeddingOptions
{
    private readonly Option<string?> _deployment = new("--embeddings") { Description = "Look at prompts through the embeddings of this deployment of the configuration instead of hashed words; they are bought once and kept in the store." };
    private readonly Purchasing _purchasing = new();

    public void AddTo(Command command)
    {
        command.Options.Add(_deployment);
        _purchasing.AddTo(command);
    }

    /// <summary>Fetches what is asked for.</summary>
    /// <param name="context">The world outside.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="configPath">The configuration; null for the usual one.</param>
    /// <param name="prompts">All prompts that will be looked at.</param>
    /// <param name="cancellationToken">Stops; what is under way is awaited and stored.</param>
    public Task<FetchedEmbeddings> FetchAsync(CliContext context, ParseResult parsed, string? configPath, IReadOnlyList<string> prompts, CancellationToken cancellationToken) =>
        FetchAsync(context, parsed, configPath, prompts, [], cancellationToken);

    /// <summary>Fetches what trained models look at, by the deployment that they were trained on; nothing where all of them read words.</summary>
    /// <param name="context">The world outside.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="configPath">The configuration; null for the usual one.</param>
    /// <param name="prompts">All prompts that will be looked at.</param>
    /// <param name="users">The models or policies.</param>
    /// <param name="cancellationToken">Stops; what is under way is awaited and stored.</param>
    /// <exception cref="OrchestrationException">Another deployment is named, none, or one although nobody looks at embeddings; or it serves another model than was trained on.</exception>
    public Task<FetchedEmbeddings> FetchForAsync(
        CliContext context, ParseResult parsed, string? configPath, IReadOnlyList<string> prompts, IReadOnlyList<EmbeddingUser> users, CancellationToken cancellationToken)
    {
        var named = parsed.GetValue(_deployment);
        EmbeddingUser[] needing = [.. users.Where(static user => user.Need is not null)];
        foreach (var (who, need) in needing)
        {
            if (need!.Deployment != named)
                throw new OrchestrationException(ErrorCodes.Usage, $"{who} looks at prompts through embeddings by '{need.Deployment}'{(named is null ? ", which are bought" : $", and not by '{named}'")}: name it with --embeddings {need.Deployment}.");
        }

        if (named is not null && needing.Length == 0) throw new OrchestrationException(ErrorCodes.Usage, $"--embeddings {named}: nothing here was trained on embeddings. Leave it out.");
        return FetchAsync(context, parsed, configPath, prompts, needing, cancellationToken);
    }

    private async Task<FetchedEmbeddings> FetchAsync(
        CliContext context, ParseResult parsed, string? configPath, IReadOnlyList<string> prompts, IReadOnlyList<EmbeddingUser> users, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_deployment) is not { } name)
        {
            _purchasing.RefuseWithout(parsed, "--embeddings");
            return default;
        }

        await using var host = await EmbeddedHost.OpenAsync(context, configPath, _purchasing.Store(parsed), cancellationToken);
        using var deployment = host.Embeddings(name, _purchasing.Concurrency(parsed));
        foreach (var (who, need) in users) need!.Check(who, deployment.Model);
        var source = new EmbeddingSource(deployment, host.Store.Judgments, host.Store.Spending, context.Time);
        var payer = "embeddings-" + PairHash.Of(["route embeddings", name, .. prompts]).ToString()[..12];
        var texts = EmbeddingSource.Count(prompts);
        if (!await _purchasing.BeginAsync(context, parsed, host, name, string.Create(CultureInfo.InvariantCulture, $"embeddings of {texts:N0} prompts"), source.BoundUsd(prompts), payer, cancellationToken))
            return new FetchedEmbeddings(null, ExitStatus.Completed);
        EmbeddingFetch fetch;
        using (var view = new StepProgressView(context))
            fetch = await source.FetchAsync(prompts, payer, null, (done, all) => view.Report(new ExperimentProgress(done, all, "prompts embedded")), cancellationToken);
        var spent = await Purchasing.SpentAsync(host, payer);
        if (fetch.Embeddings is { } embeddings)
        {
            await context.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{fetch.Bought:N0} embeddings of {embeddings.Need.Dimensions:N0} numbers bought now, {fetch.FromStore:N0} from the store, {spent}"));
            foreach (var (who, need) in users) need!.Check(who, embeddings.Need.Dimensions);
            return new FetchedEmbeddings(embeddings, null);
        }

        if (fetch.Cap is not null) await context.Error.WriteLineAsync(fetch.Cap.Message);
        await context.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{fetch.Bought + fetch.FromStore:N0} of {fetch.Texts:N0} embeddings are in the store, {spent}. Nothing is written yet; the same command goes on{(fetch.Cap is null ? "" : " with a higher --max-cost")}."));
        return new FetchedEmbeddings(null, fetch.Cap is null ? ExitStatus.Interrupted : ExitStatus.Capped);
    }
}
