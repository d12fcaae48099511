using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Quotas;

namespace Orchestration.Simulation.Host;

/// <summary>One silo's way to the simulated endpoint: permits through the real gate, repeated attempts, the same ends of a call as an exchange over HTTP has.</summary>
internal sealed class SimulatedDeployment : IChatDeployment, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(400);

    private readonly SimulatedWorld _world;
    private readonly SimulatedProcess _process;
    private readonly string _owner;
    private readonly QuotaGate _gate;

    public SimulatedDeployment(SimulatedWorld world, SimulatedProcess process, string owner, IQuotaAuthority quotas)
    {
        _world = world;
        _process = process;
        _owner = owner;
        IReadOnlyList<QuotaBucket> buckets = [new QuotaBucket("deployment/" + SimulatedEndpoint.Deployment, world.Plan.RequestsPerMinute, null)];
        _gate = new QuotaGate(quotas, () => buckets, process.Clock);
    }

    public string Name => SimulatedEndpoint.Deployment;

    public ModelIdentity Model { get; } = new("simulated", "judge", "1");

    public TokenPrices? Prices => SimulatedEndpoint.Prices;

    public int Concurrency => 2;

    public int MaxAttempts => 4;

    public async ValueTask<ChatReply> CompleteAsync(ChatRequest request, CancellationToken cancellationToken)
    {
        var unknown = 0;
        for (var failures = 0; ;)
        {
            bool wasStopped;
            try
            {
                wasStopped = await EnterAsync(request.Origin, cancellationToken);
            }
            catch (OperationCanceledException) when (unknown > 0)
            {
                return Failed(UnscoredReason.Unavailable, failures, unknown);
            }

            SimulatedEndpoint.Outcome outcome;
            try
            {
                var reply = await _world.Endpoint.SendAsync(_process, _owner, request, failures, wasStopped).WaitAsync(Patience, _process.Clock, CancellationToken.None);
                outcome = reply.Outcome;
                if (outcome == SimulatedEndpoint.Outcome.Answers)
                {
                    return new ChatReply
                    {
                        Text = reply.Text,
                        Totals = new CallTotals(1, failures, reply.Usage, SimulatedEndpoint.Prices.Cost(reply.Usage)),
                        UnknownAttempts = unknown,
                        ServedModel = Model.Name,
                    };
                }
            }
            catch (TimeoutException)
            {
                outcome = SimulatedEndpoint.Outcome.NeverAnswers;
            }

            failures++;
            if (outcome is SimulatedEndpoint.Outcome.LosesReply or SimulatedEndpoint.Outcome.NeverAnswers) unknown++;
            if (failures == MaxAttempts) return Failed(outcome == SimulatedEndpoint.Outcome.NeverAnswers ? UnscoredReason.Timeout : UnscoredReason.Unavailable, failures, unknown);
            try
            {
                await Task.Delay(Wait * failures, _process.Clock, cancellationToken);
            }
            catch (OperationCanceledException) when (unknown > 0)
            {
                return Failed(UnscoredReason.Unavailable, failures, unknown);
            }
        }
    }

    public void Dispose() => _gate.Dispose();

    /// <summary>Waits for a permit that is still good, and sends. Between the look at it and the sending a process may be stopped: true where it was.</summary>
    private async ValueTask<bool> EnterAsync(CallOrigin origin, CancellationToken cancellationToken)
    {
        while (_gate.IsExpired(await _gate.EnterAsync(origin.Payer, 0, cancellationToken)))
        {
        }

        cancellationToken.ThrowIfCancellationRequested();
        var looked = _world.Timeline.Now;
        await Task.Factory.StartNew(static () => { }, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _process);
        return _world.Timeline.Now != looked;
    }

    private static ChatReply Failed(string reason, int failures, int unknown) => new()
    {
        Failure = reason,
        Totals = new CallTotals(0, failures, default, 0),
        UnknownAttempts = unknown,
    };
}
