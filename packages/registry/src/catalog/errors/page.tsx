// SPDX-License-Identifier: Apache-2.0
import { Icon, Layout, type Site } from "../layout/index.ts";
import { homePath, modelsPath, myModelPath, searchPath } from "../paths.ts";

export interface ErrorPageProps {
  site: Site;
  status: number;
  title: string;
  text: string;
  /** Words of the address, to search for. */
  asked: string;
}

export function ErrorPage({ site, status, title, text, asked }: ErrorPageProps) {
  return (
    <Layout site={site} title={title} search={false} isUnlisted>
      <div class="error-page">
        <p class="error-status">{status}</p>
        <h1>{title}</h1>
        <p class="lead">{text}</p>
        {status < 500 && (
          <search>
            <form class="big-search" action={searchPath}>
              <Icon name="search" />
              <input type="search" name="q" value={asked} aria-label="Search abilities" maxlength={200} />
              <button type="submit">Search</button>
            </form>
          </search>
        )}
        <p class="empty-links">
          <a href={homePath}>Home</a>
          <a href={searchPath}>All abilities</a>
          <a href={modelsPath}>Base models</a>
          <a href={myModelPath}>What works with my model?</a>
        </p>
      </div>
    </Layout>
  );
}
