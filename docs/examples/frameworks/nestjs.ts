/**
 * A NestJS application. The election is a provider: it starts with the application and hands over
 * when Nest shuts it down.
 *
 *     npx tsx docs/examples/frameworks/nestjs.ts
 */
import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LeaderElection, LeaseLock, type Term } from 'k8s-leader-election';

@Injectable()
class Leadership implements OnApplicationBootstrap, OnModuleDestroy {
  readonly election = new LeaderElection({
    lock: new LeaseLock({ name: 'nestjs' }),
    onStartedLeading: (term) => this.work(term),
    onLost: 'rejoin',
  });

  onApplicationBootstrap(): void {
    // Not awaited and not returned: Nest would wait for the end of the election before it listens.
    void this.election.run();
  }

  // The first of Nest's hooks: the server still answers, and what this module imports is still there.
  async onModuleDestroy(): Promise<void> {
    await this.election.stop();
  }

  private async work(term: Term): Promise<void> {
    console.log(`Leading, with fencing token ${term.fencingToken}`);
    while (term.isLeading()) {
      // What only the leader may do goes here.
      await sleep(1_000, undefined, { signal: term.signal });
    }
  }
}

@Controller('leader')
class LeaderController {
  // With `emitDecoratorMetadata`, as the Nest CLI sets up, `@Inject` may be left out.
  constructor(@Inject(Leadership) private readonly leadership: Leadership) {}

  @Get()
  read(): object {
    const { election } = this.leadership;
    return { leader: election.leader, leading: election.isLeader() };
  }
}

@Module({ controllers: [LeaderController], providers: [Leadership], exports: [Leadership] })
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['warn', 'error'] });
// Without it Nest ends on SIGTERM without a word to anybody, and the lock is not given back. Without
// `useProcessExit` the process counts as killed (exit code 143) after a clean end.
app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
await app.listen(process.env['PORT'] ?? 8080);
