using System.CommandLine;
using System.Globalization;
using Orchestration.Cli.Hosting;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.Access;
using Spectre.Console;

namespace Orchestration.Cli.Keys;

/// <summary><c>orchestrate key create|list|revoke</c>: who may ask a silo.</summary>
internal static class KeyCommands
{
    public static Command Create(CliContext context) => new("key", "API keys of 'orchestrate serve': who may ask, for what, and how much.")
    {
        New(context),
        List(context),
        Revoke(context),
    };

    /// <summary>What the audit log calls who gives a command.</summary>
    public static string Who() => $"cli {Environment.UserName}@{Environment.MachineName}";

    private static Command New(CliContext context)
    {
        var name = new Argument<string>("name") { Description = "What people call it: who uses it, and for what." };
        var roles = new Option<string[]>("--role") { Description = "What it allows: call (experts answer), judge (pairs and sweeps), operate (change what counts), read (reports, audit). Several with commas.", Required = true, AllowMultipleArgumentsPerToken = true };
        var minute = new Option<int?>("--requests-per-minute") { Description = "Requests in any 60 s, at most, at each silo." };
        var concurrent = new Option<int?>("--concurrent") { Description = "Requests in flight at once, at most, at each silo." };
        var usd = new Option<decimal?>("--usd-per-day") { Description = "US dollars a day (UTC), at most, all silos together." };
        var models = new Option<string[]>("--model") { Description = "What it may name as model: experts, auto, auto:POLICY. Several with commas. Default: all.", AllowMultipleArgumentsPerToken = true };
        var expires = new Option<double?>("--expires-days") { Description = "Days after which it counts no more. Default: never." };
        var store = SweepCommands.StoreOption();
        var json = JsonOption();
        var command = new Command("create", "Makes a key and shows it, this once: only a hash of it is kept.") { name, roles, minute, concurrent, usd, models, expires, store, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            Require(parsed.GetValue(minute) is null or (>= 1 and <= 1_000_000), "--requests-per-minute: 1 to 1,000,000.");
            Require(parsed.GetValue(concurrent) is null or (>= 1 and <= 100_000), "--concurrent: requests at once, 1 to 100,000.");
            Require(parsed.GetValue(usd) is null or (>= 0 and <= 1_000_000_000), "--usd-per-day: US dollars, 0 or more.");
            Require(parsed.GetValue(expires) is null or (> 0 and <= 36_500), "--expires-days: days, more than 0 and at most 36,500.");
            Require(parsed.GetValue(name) is { Length: > 0 and <= 100 } text && !text.Any(char.IsControl), "The name: 1 to 100 characters, no control characters.");
            var limits = new KeyLimits
            {
                RequestsPerMinute = parsed.GetValue(minute),
                Concurrent = parsed.GetValue(concurrent),
                UsdPerDay = parsed.GetValue(usd),
                Models = [.. Words(parsed.GetValue(models))],
            };
            var allowed = AccessRoleNames.Read(Words(parsed.GetValue(roles)));
            await using var host = await EmbeddedHost.OpenAsync(context, null, parsed.GetValue(store), cancellationToken);
            var secret = await ServerSecret.OfAsync(host.Store.Access, context.Environment, cancellationToken);
            var now = context.Time.GetUtcNow();
            var (key, kept) = ApiKey.Create(secret, parsed.GetValue(name)!, allowed, limits, now, parsed.GetValue(expires) is { } days ? now + TimeSpan.FromDays(days) : null);
            if (!await host.Store.Access.AddAsync(kept, new AuditEntry(Who(), "key.create", kept.Id, null, KeyLines.Words(kept)), cancellationToken))
                throw new OrchestrationException(ErrorCodes.Store, "A key with this id is there already, which happens once in 10^18 times. Give the command again.");
            if (parsed.GetValue(json))
            {
                await context.Out.WriteLineAsync(KeyLines.Line(kept, now, key));
                return ExitStatus.Completed;
            }

            // The key alone on standard output: KEY=$(orchestrate key create …).
            await context.Error.WriteLineAsync($"key {kept.Id} ({kept.Name}): {KeyLines.Words(kept)}. It is shown this once:");
            await context.Out.WriteLineAsync(key);
            return ExitStatus.Completed;
        });
        return command;
    }

    private static Command List(CliContext context)
    {
        var store = SweepCommands.StoreOption();
        var json = JsonOption();
        var command = new Command("list", "The keys, revoked and expired ones too. Never the keys themselves: they are not kept.") { store, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var host = await EmbeddedHost.OpenAsync(context, null, parsed.GetValue(store), cancellationToken);
            var keys = await host.Store.Access.ListAsync(cancellationToken);
            var now = context.Time.GetUtcNow();
            if (parsed.GetValue(json))
            {
                foreach (var key in keys) await context.Out.WriteLineAsync(KeyLines.Line(key, now));
                return ExitStatus.Completed;
            }

            if (keys.Count == 0)
            {
                await context.Out.WriteLineAsync("there is no key: make one with 'orchestrate key create NAME --role call'");
                return ExitStatus.Completed;
            }

            var table = new Table { Border = TableBorder.Simple };
            foreach (var column in new[] { "key", "name", "state", "made", "allows" }) table.AddColumn(column);
            foreach (var key in keys)
                table.AddRow(key.Id, Markup.Escape(key.Name), KeyLines.State(key, now), key.CreatedAt.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture), Markup.Escape(KeyLines.Words(key)));
            context.Tables().Write(table);
            return ExitStatus.Completed;
        });
        return command;
    }

    private static Command Revoke(CliContext context)
    {
        var id = new Argument<string>("key") { Description = "The key's id, as 'key list' shows it." };
        var store = SweepCommands.StoreOption();
        var command = new Command("revoke", "Ends a key for good. Silos that serve refuse it within a second or two.") { id, store };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var text = parsed.GetValue(id)!;

            // Who has the key at hand, and not its id, may name it so.
            if (ApiKey.TryId(text, out var known)) text = known.ToString();
            await using var host = await EmbeddedHost.OpenAsync(context, null, parsed.GetValue(store), cancellationToken);
            var before = (await host.Store.Access.ListAsync(cancellationToken)).FirstOrDefault(k => k.Id == text)
                ?? throw new OrchestrationException(ErrorCodes.NotFound, $"There is no key '{(text.Length <= ApiKey.IdLength ? text : "…")}' in this store. 'orchestrate key list' shows those there are.");
            if (before.RevokedAt is { } at)
            {
                await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"key {before.Id} ({before.Name}) was revoked before, {at:yyyy-MM-dd HH:mm} UTC"));
                return ExitStatus.Completed;
            }

            await host.Store.Access.RevokeAsync(before.Id, new AuditEntry(Who(), "key.revoke", before.Id, KeyLines.Words(before), null), cancellationToken);
            await context.Out.WriteLineAsync($"key {before.Id} ({before.Name}) is revoked");
            return ExitStatus.Completed;
        });
        return command;
    }

    private static Option<bool> JsonOption() => new("--json") { Description = "One JSON object a line." };

    private static IEnumerable<string> Words(string[]? texts) => (texts ?? []).SelectMany(static t => t.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    private static void Require(bool condition, string message)
    {
        if (!condition) throw new OrchestrationException(ErrorCodes.Usage, message);
    }
}
